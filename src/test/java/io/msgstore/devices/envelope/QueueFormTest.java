/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import static io.msgstore.devices.envelope.SampleMessages.RECEIVED_AT;
import static io.msgstore.devices.envelope.SampleMessages.bytes;
import static io.msgstore.devices.envelope.SampleMessages.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class QueueFormTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIMIT = 1 << 20;

    @Test
    void keepsTheEnvelopeWhereItTellsAllAndElseThePayloadInBase64() {
        Envelope whole = Envelope.of(message("{\"event\":\"gps\"}"), LIMIT);
        assertThat(QueueForm.write(whole)).isEqualTo(whole.json());
        byte[] raw = QueueForm.write(Envelope.of(message("garbage").traceId("t-1"), LIMIT));
        assertThat(new String(raw, StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"raw\":\"Z2FyYmFnZQ==\",\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"devices/alice/up\","
                                + "\"trace_id\":\"t-1\"}");
    }

    /** Payloads of each kind, in messages that say all that a source can say. */
    static Stream<Arguments> payloads() {
        String envelope = "{\"ts\":\"2026-01-22T00:00:00Z\",\"topic\":\"inner\",\"trace_id\":\"inner-trace\","
                + "\"username\":\"eve\",\"payload\":{\"event\":\"gps\",\"a\":1}}";
        return Stream.of(
                arguments("plain", bytes("{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770602938}"), null),
                arguments("white space", bytes(" \r\n\t{ \"event\" : \"gps\" } \n"), null),
                arguments("unicode", bytes("{\"event\":\"gps 😀\",\"ü\":\"日本\\u00e9\\ud83d\"}"), null),
                arguments("duplicate names", bytes("{\"event\":\"gps\",\"payload\":1,\"event\":\"cmd\"}"), null),
                arguments(
                        "names of an envelope",
                        bytes("{\"topic\":\"x\",\"ts\":1,\"event\":\"gps\",\"dup\":true}"),
                        null),
                arguments("raw", bytes("{\"raw\":\"AAAA\",\"event\":\"gps\"}"), null),
                arguments(
                        "deepest nesting",
                        bytes("{\"event\":\"gps\",\"a\":" + "[".repeat(999) + "]".repeat(999) + "}"),
                        null),
                arguments("envelope", bytes(envelope), null),
                arguments("envelope without publisher", bytes(envelope.replace("username", "user")), null),
                arguments("not JSON", bytes("no JSON \"quoted\""), "not-json"),
                arguments("binary", HexFormat.of().parseHex("00ff80c0227b7d0a"), "not-json"),
                arguments("empty", new byte[0], "not-json"),
                arguments("without event", bytes("{\"terminal_id\":\"t\"}"), "no-event"),
                arguments("number", bytes("42"), "no-event"),
                arguments("envelope without event", bytes(envelope.replace("event", "x")), "no-event"),
                arguments("too large", bytes("{\"event\":\"gps\",\"a\":\"" + "x".repeat(2000) + "\"}"), "too-large"),
                arguments("too large and not JSON", bytes("x".repeat(2000)), "not-json"),
                arguments("huge exponent", bytes("{\"event\":\"gps\",\"a\":1e401}"), "bad-data"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("payloads")
    void isTheSameAfterAQueue(String kind, byte[] payload, String reason) throws IOException {
        int limit = kind.startsWith("deepest") ? LIMIT : 1999;
        Envelope before = Envelope.of(
                message(payload)
                        .qos(2)
                        .retained(true)
                        .redelivered(true)
                        .protocol("MQTT/5")
                        .userProperties(List.of(
                                new String[] {"k \"1\" 日本", "v\\ 😀"},
                                new String[] {"username", "alice"},
                                new String[] {"client_id", "client-1"},
                                new String[] {"k", "1"},
                                new String[] {"k", "2"},
                                new String[] {"trace_id", "sender's"})),
                limit);
        assertThat(before.reason()).isEqualTo(reason);
        assertSameAfterAQueue(before, limit);
        Envelope bare = Envelope.of(message(payload), limit);
        assertSameAfterAQueue(bare, limit);
    }

    private static void assertSameAfterAQueue(Envelope before, int limit) throws IOException {
        Envelope after = QueueForm.read(QueueForm.write(before), "redis", limit);
        assertThat(after.topic()).isEqualTo(before.topic());
        assertThat(after.payload()).isEqualTo(before.payload());
        assertThat(after.json()).isEqualTo(before.json());
        assertThat(after.receivedAt()).isEqualTo(before.receivedAt());
        assertThat(after.retained()).isEqualTo(before.retained());
        assertThat(after.redelivered()).isEqualTo(before.redelivered());
        assertThat(after.event()).isEqualTo(before.event());
        assertThat(after.clientId()).isEqualTo(before.clientId());
        assertThat(after.username()).isEqualTo(before.username());
        assertThat(after.traceId()).isEqualTo(before.traceId());
        assertThat(after.reason()).isEqualTo(before.reason());
        assertThat(after.error()).isEqualTo(before.error());
        // quality of service, protocol and user properties are there only
        assertThat(JSON.readTree(after.jsonWithoutPayload())).isEqualTo(JSON.readTree(before.jsonWithoutPayload()));
        assertThat(QueueForm.write(after)).as("through a second queue").isEqualTo(QueueForm.write(before));
    }

    @Test
    void isTheSameAfterAQueueThoughItIsLargerThanAnyTextInJson() throws IOException {
        byte[] payload = new byte[16 << 20];
        Arrays.fill(payload, (byte) 0xFF);
        assertSameAfterAQueue(Envelope.of(message(payload), LIMIT), LIMIT);
    }

    @Test
    void ofAPayloadThatIsTooLargeToBeHeldItHasTheBeginning() throws IOException {
        Envelope cut =
                Envelope.of(message("{\"event\":\"gps\"").cutFrom(300_000_000).qos(1), LIMIT);
        assertThat(cut.reason()).isEqualTo("too-large");
        assertThat(cut.error()).contains("300000000 bytes", "first 14", "msgstore.max-in-flight-bytes");
        assertThat(cut.payload()).hasSize(14);
        assertThat(JSON.readTree(cut.jsonWithoutPayload()).get("payload_bytes").intValue())
                .isEqualTo(300_000_000);
        assertSameAfterAQueue(cut, LIMIT);
    }

    @Test
    void isTooLargeByTheLimitWhereItIsTaken() {
        byte[] queued = QueueForm.write(Envelope.of(message("{\"event\":\"gps\"}"), LIMIT));
        assertThat(QueueForm.read(queued, "redis", 15).reason()).isNull();
        Envelope tooLarge = QueueForm.read(queued, "redis", 14);
        assertThat(tooLarge.reason()).isEqualTo("too-large");
        assertThat(tooLarge.error()).contains("15 bytes", "14");
        assertThat(QueueForm.read(QueueForm.write(Envelope.of(message("{\"event\":\"gps\"}"), 14)), "redis", 15)
                        .reason())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", textBlock = """
                    {"event":"gps","terminal_id":"t"}                                                       | gps | -
                    {"terminal_id":"t"}                                                                     | -   | no-event
                    garbage                                                                                 | -   | not-json
                    ``                                                                                      | -   | not-json
                    {"raw":"                                                                                | -   | not-json
                    {"raw":"AAAA                                                                            | -   | not-json
                    {"raw":"AAAA","                                                                         | -   | not-json
                    {"raw":"AAAA"}                                                                          | -   | no-event
                    {"raw":"no base64!","ts":"2026-01-23T17:00:00Z","topic":"t","trace_id":"i"}             | -   | no-event
                    {"raw":"AAAA","event":"gps"}                                                            | gps | -
                    {"raw":"AAAA","event":"gps","ts":"2026-01-23T17:00:00Z"}                                | gps | -
                    {"raw":"AAAA","event":"gps","ts":"2026-01-23T17:00:00Z","topic":"t"}                    | gps | -
                    {"raw":"AAAA","event":"gps","ts":"yesterday","topic":"t","trace_id":"i"}                | gps | -
                    {"raw":"AAAA","event":"gps","ts":"+12345-01-01T00:00:00Z","topic":"t","trace_id":"i"}   | gps | -
                    {"ts":"yesterday","topic":"t","payload":{"event":"gps"}}                                | gps | -
                    {"ts":"+12345-01-01T00:00:00Z","topic":"t","payload":{"event":"gps"}}                   | gps | -
                    {"ts":"+1000000000-12-31T23:59:59Z","topic":"t","payload":{"event":"gps"}}              | gps | -
                    {"ts":"0000-01-01T00:00:00Z","topic":"t","payload":{"event":"gps"}}                     | gps | -
                    {"ts":"2026-01-23T17:00:00Z","topic":"t","payload":{"event":"gps","a":1e401}}           | gps | bad-data
                    {"ts":"2026-01-23T17:00:00Z","topic":"t","payload":{"event":5}}                         | -   | no-event
                    """)
    void whatOthersPutIntoAQueueIsThePayloadOfAMessageOfItsName(String text, String event, String reason) {
        long before = System.currentTimeMillis();
        Envelope envelope = QueueForm.read(bytes(text), "my-queue", LIMIT);
        assertThat(envelope.topic()).isEqualTo("my-queue");
        assertThat(envelope.payload()).isEqualTo(bytes(text));
        assertThat(envelope.event()).isEqualTo(event);
        assertThat(envelope.reason()).isEqualTo(reason);
        assertThat(envelope.error() == null).isEqualTo(reason == null);
        assertThat(envelope.receivedAt()).isBetween(before, System.currentTimeMillis());
        assertThat(envelope.traceId()).isNotBlank();
    }

    @Test
    void anEnvelopeThatOthersPutIntoAQueueIsTakenForTheMessageThatItTellsOf() throws IOException {
        String text = """
                 { "topic" : "devices/bob/up", "retain" : true, "dup": true, "user_properties" : [ ],
                   "payload" : { "event" : "gps", "a" : [ 1.50 ] } , "payload_2" : { },
                   "username" : "bob", "client_id" : "b-1", "ts" : "2026-01-23T18:00:00.123456+01:00" }
                """;
        Envelope envelope = QueueForm.read(bytes(text), "my-queue", LIMIT);
        assertThat(envelope.topic()).isEqualTo("devices/bob/up");
        assertThat(envelope.json()).isEqualTo(bytes(text));
        assertThat(new String(envelope.payload(), StandardCharsets.UTF_8).strip())
                .isEqualTo("{ \"event\" : \"gps\", \"a\" : [ 1.50 ] }");
        assertThat(envelope.event()).isEqualTo("gps");
        assertThat(envelope.retained()).isTrue();
        assertThat(envelope.redelivered()).isTrue();
        assertThat(envelope.username()).isEqualTo("bob");
        assertThat(envelope.clientId()).isEqualTo("b-1");
        assertThat(envelope.receivedAt()).isEqualTo(RECEIVED_AT);
        assertThat(envelope.traceId()).matches("[0-9a-f]{32}");
        assertThat(envelope.reason()).isNull();
        assertThat(JSON.readTree(envelope.jsonWithoutPayload())).isEqualTo(JSON.readTree("""
                {"topic":"devices/bob/up","retain":true,"dup":true,"user_properties":[],"payload_2":{},"username":"bob",
                 "client_id":"b-1","ts":"2026-01-23T18:00:00.123456+01:00"}
                """));
    }
}
