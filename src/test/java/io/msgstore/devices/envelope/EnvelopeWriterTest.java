/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.msgstore.devices.envelope.SampleMessages.RECEIVED_AT;
import static io.msgstore.devices.envelope.SampleMessages.bytes;
import static org.assertj.core.api.Assertions.assertThat;

class EnvelopeWriterTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void writesWhatIsKnownAroundThePayloadsBytes() {
        byte[] payload = bytes(" {\"event\" : \"gps\"}\n");
        ReceivedMessage message = new ReceivedMessage("devices/alice/up", payload)
                .receivedAt(RECEIVED_AT)
                .qos(1)
                .retained(true)
                .redelivered(true)
                .protocol("MQTT/5")
                .userProperties(List.of(
                        new String[] {"r\"r", "ü"}, new String[] {"username", "alice"}, new String[] {"client_id", "c-1"
                        }));
        EnvelopeWriter writer = EnvelopeWriter.envelope(message, "t-1", payload);
        String json = new String(writer.toByteArray(), StandardCharsets.UTF_8);
        assertThat(json)
                .isEqualTo(
                        "{\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"devices/alice/up\","
                                + "\"payload\": {\"event\" : \"gps\"}\n,\"qos\":1,\"retain\":true,\"dup\":true,\"client_id\":\"c-1\","
                                + "\"username\":\"alice\",\"protocol\":\"MQTT/5\",\"user_properties\":[{\"k\":\"r\\\"r\",\"v\":\"ü\"},"
                                + "{\"k\":\"username\",\"v\":\"alice\"},{\"k\":\"client_id\",\"v\":\"c-1\"}],\"trace_id\":\"t-1\"}");
        assertThat(json.substring(writer.payloadStart())).startsWith(" {\"event\"");
    }

    @Test
    void leavesOutWhatTheSourceDoesNotTell() {
        ReceivedMessage message = new ReceivedMessage("t", bytes("ignored")).receivedAt(RECEIVED_AT);
        assertThat(new String(written(message, bytes("{}")), StandardCharsets.UTF_8))
                .isEqualTo("{\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"t\",\"payload\":{},\"trace_id\":\"t-1\"}");
        assertThat(new String(written(message.cutFrom(300_000_000).qos(0), null), StandardCharsets.UTF_8))
                .isEqualTo("{\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"t\",\"payload_bytes\":300000000,"
                        + "\"qos\":0,\"retain\":false,\"trace_id\":\"t-1\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "quote \" and backslash \\",
                "new\nline and tab\t and bell \u0007",
                "Grüße/日本語/😀",
                "\u2028\u2029",
                ""
            })
    void quotesTopicAndProperties(String text) throws IOException {
        ReceivedMessage message = new ReceivedMessage(text, null)
                .userProperties(List.<String[]>of(new String[] {text, text}, new String[] {"username", text}));
        for (byte[] payload : new byte[][] {bytes("{}"), null}) {
            JsonNode json = JSON.readTree(written(message, payload));
            assertThat(json.get("topic").textValue()).isEqualTo(text);
            assertThat(json.get("username").textValue()).isEqualTo(text);
            assertThat(json.at("/user_properties/0/k").textValue()).isEqualTo(text);
            assertThat(json.at("/user_properties/0/v").textValue()).isEqualTo(text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\ud83d", "\ude00b", "a\ud83db"})
    void neverFailsOnHalfACharacterInATopic(String topic) throws IOException {
        ReceivedMessage message =
                new ReceivedMessage(topic, null).userProperties(List.<String[]>of(new String[] {topic, topic}));
        JsonNode json = JSON.readTree(written(message, bytes("{}")));
        assertThat(json.get("topic").textValue()).matches("a?[?\ufffd]b?");
        assertThat(json.at("/user_properties/0/v").textValue()).matches("a?[?\ufffd]b?");
    }

    @Test
    void writesTextOfAnyLength() throws IOException {
        for (int length = 0; length < 2000; length += 7) {
            String text = "x".repeat(length);
            ReceivedMessage message = new ReceivedMessage(text, null)
                    .userProperties(
                            List.<String[]>of(new String[] {text, "é" + text}, new String[] {"\"" + text, text}));
            JsonNode json = JSON.readTree(written(message, bytes("{}")));
            assertThat(json.get("topic").textValue()).isEqualTo(text);
            assertThat(json.at("/user_properties/0/v").textValue()).isEqualTo("é" + text);
            assertThat(json.at("/user_properties/1/k").textValue()).isEqualTo("\"" + text);
            assertThat(json.get("trace_id").textValue()).isEqualTo("t-1");
        }
    }

    @Test
    void saysWhatAMessageWasMadeOf() {
        byte[] envelope = bytes("{\"payload\":{}} \n");
        assertThat(marked(envelope, new Origin(null, "m", 1, 1), 1)).isEqualTo("{\"payload\":{},\"mapping\":\"m\"}");
        assertThat(marked(envelope, new Origin(null, "m", 2, 3), 2))
                .isEqualTo("{\"payload\":{},\"mapping\":\"m\",\"part\":2,\"copy\":2}");
        assertThat(marked(envelope, new Origin(null, null, 1, 1), 1)).isEqualTo("{\"payload\":{},\"part\":1}");
    }

    @Test
    void putsAnotherPayloadInItsPlace() {
        for (String other : List.of("", "1", "[1,2,3]")) {
            assertThat(EnvelopeWriter.spliced(bytes("{\"payload\":{},\"a\":1}"), 11, 13, bytes(other)))
                    .isEqualTo(bytes("{\"payload\":" + other + ",\"a\":1}"));
        }
    }

    private static byte[] written(ReceivedMessage message, byte[] payload) {
        return EnvelopeWriter.envelope(message, "t-1", payload).toByteArray();
    }

    private static String marked(byte[] envelope, Origin from, int copy) {
        return new String(EnvelopeWriter.marked(envelope, from, copy), StandardCharsets.UTF_8);
    }
}
