/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.msgstore.devices.envelope.SampleMessages.RECEIVED_AT;
import static io.msgstore.devices.envelope.SampleMessages.bytes;
import static io.msgstore.devices.envelope.SampleMessages.message;
import static org.assertj.core.api.Assertions.assertThat;

class EnvelopeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIMIT = 1 << 20;

    @Test
    void putsWhatIsKnownAroundThePayload() throws IOException {
        Envelope envelope = Envelope.of(
                message("{\"event\":\"gps\",\"ts\":1770602938}")
                        .qos(1)
                        .redelivered(true)
                        .protocol("MQTT/5")
                        .userProperties(List.of(
                                new String[] {"rr", "v\"b\\b"},
                                new String[] {"username", "alice"},
                                new String[] {"client_id", "client-1"},
                                new String[] {"trace_id", "t-1"})),
                LIMIT);
        assertThat(JSON.readTree(envelope.json())).isEqualTo(JSON.readTree("""
                {"ts":"2026-01-23T17:00:00.123Z","topic":"devices/alice/up",
                 "payload":{"event":"gps","ts":1770602938},"qos":1,"retain":false,"dup":true,
                 "client_id":"client-1","username":"alice","protocol":"MQTT/5",
                 "user_properties":[{"k":"rr","v":"v\\"b\\\\b"},{"k":"username","v":"alice"},
                                    {"k":"client_id","v":"client-1"},{"k":"trace_id","v":"t-1"}],
                 "trace_id":"t-1"}
                """));
        assertThat(envelope.event()).isEqualTo("gps");
        assertThat(envelope.clientId()).isEqualTo("client-1");
        assertThat(envelope.username()).isEqualTo("alice");
        assertThat(envelope.traceId()).isEqualTo("t-1");
        assertThat(envelope.redelivered()).isTrue();
        assertThat(envelope.receivedAt()).isEqualTo(RECEIVED_AT);
        assertThat(envelope.reason()).isNull();
        assertThat(envelope.error()).isNull();
    }

    @Test
    void makesATraceIdOfItsOwnForEveryMessage() {
        String first = Envelope.of(message("{}"), LIMIT).traceId();
        assertThat(first).matches("[0-9a-f]{32}");
        assertThat(Envelope.of(message("{}"), LIMIT).traceId()).isNotEqualTo(first);
    }

    @Test
    void keepsThePayloadAsItCame() {
        String payload = " {\"event\" : \"gps\",\n\"n\":1.50e3, \"s\":\"Gr\\u00fc\u00dfe 日本 😀\"} ";
        Envelope envelope = Envelope.of(message(payload), LIMIT);
        assertThat(new String(envelope.json(), StandardCharsets.UTF_8)).contains(payload);
        assertThat(envelope.payload()).isEqualTo(bytes(payload));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"payload\":{\"event\":\"x\"}}",
                "{\"a\":[\"event\",\"gps\"]}",
                "{\"event\":null}",
                "{\"event\":7}",
                "{\"event\":{\"event\":\"gps\"}}",
                "{\"Event\":\"gps\"}"
            })
    void isNoEventWithoutATextOnTheOuterLevel(String payload) throws IOException {
        Envelope envelope = Envelope.of(message(payload), LIMIT);
        assertThat(envelope.reason()).isEqualTo("no-event");
        assertThat(envelope.error()).isEqualTo("the payload has no text field \"event\"");
        assertThat(JSON.readTree(envelope.json()).get("payload")).isEqualTo(JSON.readTree(payload));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "-1.5e3", "\"event\"", "true", "null", "[]", "[{\"event\":\"gps\"}]"})
    void isNoEventWhenItIsNoObject(String payload) throws IOException {
        Envelope envelope = Envelope.of(message(payload), LIMIT);
        assertThat(envelope.reason()).isEqualTo("no-event");
        assertThat(envelope.error()).isEqualTo("the payload is no JSON object");
        assertThat(JSON.readTree(envelope.json()).get("payload")).isEqualTo(JSON.readTree(payload));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hello",
                "{\"event\":\"gps\"",
                "\ufeff{\"event\":\"gps\"}",
                "{\"a\":\"raw \u0000\",\"event\":\"gps\"}"
            })
    void isNotJsonWhenItBreaksTheGrammar(String payload) throws IOException {
        assertNotJson(bytes(payload));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void isNotJsonInAnotherEncoding(String charset) throws IOException {
        assertNotJson("{\"event\":\"gps\"}".getBytes(Charset.forName(charset)));
    }

    @Test
    void takesNestingThatIsOnlyDeep() throws IOException {
        String payload = "{\"event\":\"gps\",\"a\":" + "[".repeat(900) + "]".repeat(900) + "}";
        Envelope envelope = Envelope.of(message(payload), LIMIT);
        assertThat(envelope.event()).isEqualTo("gps");
        ObjectMapper deep = new ObjectMapper(JsonFactory.builder()
                .streamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(2000).build())
                .build());
        assertThat(deep.readTree(envelope.json()).get("payload").get("event").textValue())
                .isEqualTo("gps");
    }

    @Test
    void isTooLargeAboveTheLimitOnly() throws IOException {
        String payload = "{\"event\":\"gps\"}";
        assertThat(Envelope.of(message(payload), payload.length()).reason()).isNull();
        Envelope envelope = Envelope.of(message(payload), payload.length() - 1);
        assertThat(envelope.reason()).isEqualTo("too-large");
        assertThat(envelope.error()).contains("15 bytes", "14", "msgstore.max-payload-bytes");
        assertThat(JSON.readTree(envelope.json()).at("/payload/event").textValue())
                .isEqualTo("gps");
    }

    @Test
    void takesAnEnvelopeOfAnotherCollectorAsItIs() {
        String payload =
                "{\"username\":\"alice\",\"payload\":{\"event\":\"gps\",\"event_type\":\"x\"},\"topic\":\"a/b\","
                        + "\"ts\":\"2026-01-23T17:00:00Z\",\"client_id\":\"c\",\"trace_id\":\"t\",\"event\":\"outer\"}";
        Envelope envelope = Envelope.of(
                message(payload)
                        .userProperties(List.of(
                                new String[] {"username", "collector"}, new String[] {"client_id", "collector-1"})),
                LIMIT);
        assertThat(envelope.json()).isEqualTo(bytes(payload));
        assertThat(envelope.event()).isEqualTo("gps");
        assertThat(envelope.username()).isEqualTo("alice");
        assertThat(envelope.clientId()).isEqualTo("c");
        assertThat(envelope.traceId()).isEqualTo("t");
        assertThat(envelope.topic()).isEqualTo("devices/alice/up");
    }

    @Test
    void usesThePublisherWhereTheInnerEnvelopeDoesNotTell() {
        Envelope envelope = Envelope.of(
                message("{\"topic\":\"a\",\"ts\":\"t\",\"payload\":{\"event\":\"gps\"}}")
                        .userProperties(List.<String[]>of(new String[] {"username", "collector"})),
                LIMIT);
        assertThat(envelope.username()).isEqualTo("collector");
    }

    @Test
    void leavesTheMessageAsItWas() {
        byte[] payload = bytes("{\"ts\":\"t\",\"topic\":\"t\",\"payload\":{\"event\":\"gps\"},\"username\":\"alice\"}");
        ReceivedMessage message = message(payload).username("collector");
        assertThat(Envelope.of(message, LIMIT).username()).isEqualTo("alice");
        assertThat(message.payload).isSameAs(payload);
        assertThat(message.username).isEqualTo("collector");
        assertThat(message.traceId).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"ts\":\"t\",\"payload\":{\"event\":\"x\"},\"event\":\"gps\",\"username\":\"eve\"}",
                "{\"topic\":\"t\",\"payload\":{\"event\":\"x\"},\"event\":\"gps\",\"username\":\"eve\"}",
                "{\"ts\":1,\"topic\":\"t\",\"payload\":{\"event\":\"x\"},\"event\":\"gps\",\"username\":\"eve\"}",
                "{\"ts\":\"t\",\"topic\":\"t\",\"payload\":\"x\",\"event\":\"gps\",\"username\":\"eve\"}"
            })
    void doesNotTakeAPayloadForAnEnvelopeThatMissesAPart(String payload) throws IOException {
        Envelope envelope = Envelope.of(message(payload), LIMIT);
        assertThat(envelope.event()).isEqualTo("gps");
        assertThat(envelope.username()).isNull();
        assertThat(JSON.readTree(envelope.json()).get("payload")).isEqualTo(JSON.readTree(payload));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e401", "[{\"b\":[1e131071]}]"})
    void refusesNumbersThatTheDatabaseWouldWriteOutInFull(String number) {
        for (String payload : List.of(
                "{\"event\":\"gps\",\"a\":" + number + "}",
                "{\"ts\":\"t\",\"topic\":\"t\",\"payload\":{\"event\":\"gps\",\"a\":" + number + "}}")) {
            Envelope envelope = Envelope.of(message(payload), LIMIT);
            assertThat(envelope.reason()).isEqualTo("bad-data");
            assertThat(envelope.event()).isEqualTo("gps");
            assertThat(envelope.json()).isEmpty();
            assertThat(envelope.payload()).isEqualTo(bytes(payload));
        }
    }

    @Test
    void describesItselfWithoutThePayload() throws IOException {
        Envelope envelope = Envelope.of(
                message("\u0001")
                        .qos(2)
                        .userProperties(
                                List.<String[]>of(new String[] {"username", "alice"}, new String[] {"trace_id", "t"})),
                LIMIT);
        ObjectNode json = (ObjectNode) JSON.readTree(envelope.jsonWithoutPayload());
        assertThat(json).isEqualTo(JSON.readTree("""
                {"ts":"2026-01-23T17:00:00.123Z","topic":"devices/alice/up","qos":2,"retain":false,"username":"alice",
                 "user_properties":[{"k":"username","v":"alice"},{"k":"trace_id","v":"t"}],"trace_id":"t"}
                """));
    }

    private static void assertNotJson(byte[] payload) throws IOException {
        Envelope envelope = Envelope.of(message(payload), LIMIT);
        assertThat(envelope.reason()).isEqualTo("not-json");
        assertThat(envelope.error()).isNotBlank();
        assertThat(envelope.json()).isEmpty();
        assertThat(envelope.payload()).isEqualTo(payload);
        assertThat(JSON.readTree(envelope.jsonWithoutPayload()).has("payload")).isFalse();
    }
}
