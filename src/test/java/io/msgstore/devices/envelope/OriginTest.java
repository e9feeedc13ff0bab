/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static io.msgstore.devices.envelope.SampleMessages.bytes;
import static org.assertj.core.api.Assertions.assertThat;

class OriginTest {
    private static final Envelope WHOLE =
            Envelope.of(new ReceivedMessage("devices/alice/up", bytes("[{\"lat\":95}]")).traceId("t-1"), 1 << 20);

    @Test
    void aMappedMessageIsTheWholeWithAnotherPayload() throws IOException {
        Origin origin = new Origin(WHOLE, "m", 2, 3);
        Envelope mapped = origin.mapped(bytes("{\"event\":\"gps\"}"), 1);
        assertThat(mapped.origin()).isSameAs(origin);
        assertThat(mapped.event()).isEqualTo("gps");
        assertThat(mapped.topic()).isEqualTo("devices/alice/up");
        assertThat(mapped.traceId()).isEqualTo("t-1");
        assertThat(mapped.receivedAt()).isEqualTo(WHOLE.receivedAt());
        assertThat(mapped.payload()).isEqualTo(bytes("{\"event\":\"gps\"}"));
        assertThat(new String(mapped.json(), StandardCharsets.UTF_8)).endsWith(",\"mapping\":\"m\",\"part\":2}");
        assertThat(mapped.isComplete()).isTrue();
        assertThat(mapped.reason()).isNull();
    }

    @Test
    void aMessageIsMadeOfATextToo() throws IOException {
        Envelope whole = Envelope.of(new ReceivedMessage("t", bytes("lat=95")).qos(1), 1 << 20);
        assertThat(whole.reason()).isEqualTo("not-json");
        Envelope mapped = new Origin(whole, "m", 1, 1).mapped(bytes("{\"event\":\"gps\"}"), 1);
        assertThat(new String(mapped.json(), StandardCharsets.UTF_8))
                .contains("\"payload\":{\"event\":\"gps\"},\"qos\":1,\"retain\":false", ",\"mapping\":\"m\"}");
        assertThat(mapped.traceId()).isEqualTo(whole.traceId());
    }

    @Test
    void whatIsMadeMayNotBeStorableEither() throws IOException {
        Origin origin = new Origin(WHOLE, null, 1, 2);
        assertThat(origin.element(bytes("{\"lat\":95}"), 1).reason()).isEqualTo("no-event");
        assertThat(origin.mapped(bytes("{\"event\":\"gps\",\"lat\":1e500}"), 1).reason())
                .isEqualTo("bad-data");
    }

    @Test
    void anElementThatIsAnEnvelopeIsTakenAsItIs() {
        byte[] inner = bytes("{\"ts\":\"t\",\"topic\":\"x\",\"payload\":{\"event\":\"gps\"},\"trace_id\":\"t-2\"}");
        Envelope element = new Origin(WHOLE, null, 1, 1).element(inner, 1);
        assertThat(element.json()).isEqualTo(inner);
        assertThat(element.topic()).isEqualTo("devices/alice/up");
        assertThat(element.traceId()).isEqualTo("t-2");
        assertThat(element.origin()).isNull();
        assertThat(WHOLE.traceId()).isEqualTo("t-1");
    }

    @Test
    void tellsWhatAMessageWasMadeOf() {
        assertThat(new Origin(WHOLE, "m", 1, 1)).hasToString("mapping m");
        assertThat(new Origin(WHOLE, "m", 2, 3)).hasToString("mapping m, message 2 of 3");
        assertThat(new Origin(WHOLE, null, 2, 3)).hasToString("message 2 of 3 of an array");
        assertThat(new Origin(WHOLE, null, 1, 1)).hasToString("an array of one message");
    }
}
