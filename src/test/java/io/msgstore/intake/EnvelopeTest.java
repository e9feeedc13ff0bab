/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class EnvelopeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIMIT = 1 << 20;
    private static final long RECEIVED_AT = 1_769_187_600_123L;

    @Test
    void putsWhatIsKnownAroundThePayload() throws IOException {
        Envelope envelope = Envelope.of(
                source("{\"event\":\"gps\",\"ts\":1770602938}")
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
    void ofANameThatStandsTwiceTheLastValueCountsAsInTheDatabase() {
        assertThat(Envelope.of(source("{\"event\":\"gps\",\"event\":\"cmd\"}"), LIMIT)
                        .event())
                .isEqualTo("cmd");
        for (String value : List.of("null", "5", "[\"cmd\"]", "{\"event\":\"cmd\"}")) {
            assertThat(Envelope.of(source("{\"event\":\"cmd\",\"event\":" + value + "}"), LIMIT)
                            .reason())
                    .isEqualTo("no-event");
            assertThat(Envelope.of(
                                    source("{\"ts\":\"2026-01-23T17:00:00Z\",\"topic\":\"t\","
                                            + "\"payload\":{\"event\":\"cmd\",\"event\":" + value + "}}"),
                                    LIMIT)
                            .reason())
                    .isEqualTo("no-event");
        }
        assertThat(Envelope.of(
                                source("{\"ts\":\"2026-01-23T17:00:00Z\",\"topic\":\"t\","
                                        + "\"payload\":{\"event\":\"cmd\"},\"payload\":[1]}"),
                                LIMIT)
                        .reason())
                .isEqualTo("no-event");
    }

    @Test
    void leavesOutWhatTheSourceDoesNotTell() throws IOException {
        Envelope envelope = Envelope.of(source("{\"event\":\"gps\"}"), LIMIT);
        assertThat(JSON.readTree(envelope.json()).fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("ts", "topic", "payload", "trace_id");
        assertThat(envelope.clientId()).isNull();
        assertThat(envelope.username()).isNull();
    }

    @Test
    void makesATraceIdOfItsOwnForEveryMessage() {
        String first = Envelope.of(source("{}"), LIMIT).traceId();
        assertThat(first).matches("[0-9a-f]{32}");
        assertThat(Envelope.of(source("{}"), LIMIT).traceId()).isNotEqualTo(first);
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
        Envelope envelope = Envelope.of(
                new Envelope.Source(text, bytes("{\"event\":\"e\"}"))
                        .userProperties(List.<String[]>of(new String[] {text, text}, new String[] {"username", text})),
                LIMIT);
        JsonNode json = JSON.readTree(envelope.json());
        assertThat(json.get("topic").textValue()).isEqualTo(text);
        assertThat(json.get("username").textValue()).isEqualTo(text);
        assertThat(json.at("/user_properties/0/k").textValue()).isEqualTo(text);
        assertThat(json.at("/user_properties/0/v").textValue()).isEqualTo(text);
        assertThat(JSON.readTree(envelope.jsonWithoutPayload()).get("topic").textValue())
                .isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\ud83d", "\ude00b", "a\ud83db"})
    void neverFailsOnHalfACharacterInATopic(String topic) throws IOException {
        Envelope envelope = Envelope.of(
                new Envelope.Source(topic, bytes("{\"event\":\"e\"}"))
                        .userProperties(List.<String[]>of(new String[] {topic, topic})),
                LIMIT);
        assertThat(JSON.readTree(envelope.json()).get("topic").textValue()).matches("a?[?\ufffd]b?");
    }

    @Test
    void itsTraceIsThePublishersWhereItHasNoTraceIdOfItsOwn() {
        String trace = "0af7651916cd43dd8448eb211c80319c";
        String[] parent = {"traceparent", "00-" + trace + "-b7ad6b7169203331-01"};
        String[] own = {"trace_id", "t-1"};
        assertThat(traceId(parent)).isEqualTo(trace);
        assertThat(traceId(parent, own)).isEqualTo("t-1");
        assertThat(traceId(own, parent)).isEqualTo("t-1");
        for (String wrong :
                List.of("", "00-1-2-01", parent[1].replace('a', 'A'), parent[1].replaceAll("[1-9a-f]", "0"))) {
            assertThat(traceId(new String[] {"traceparent", wrong}))
                    .as(wrong)
                    .matches("[0-9a-f]{32}")
                    .isNotEqualTo(trace);
        }
    }

    private static String traceId(String[]... userProperties) {
        return Envelope.of(source("{}").userProperties(List.of(userProperties)), LIMIT)
                .traceId();
    }

    @Test
    void keepsThePayloadAsItCame() {
        String payload = " {\"event\" : \"gps\",\n\"n\":1.50e3, \"s\":\"Gr\\u00fc\u00dfe 日本 😀\"} ";
        Envelope envelope = Envelope.of(source(payload), LIMIT);
        assertThat(new String(envelope.json(), StandardCharsets.UTF_8)).contains(payload);
        assertThat(envelope.payload()).isEqualTo(bytes(payload));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"event\":\"gps\",\"a\":1,\"b\":[{\"event\":\"x\"}]}",
                "{\"a\":1,\"event\":\"gps\",\"b\":{\"event\":\"x\"}}",
                "{\"a\":{\"event\":\"x\",\"c\":{\"event\":\"y\"}},\"b\":[[{\"event\":\"x\"}]],\"event\":\"gps\"}",
                "{\"payload\":{\"event\":\"x\"},\"event\":\"gps\"}",
                "{\"event\":\"\\u0067ps\"}",
                "{\"\\u0065vent\":\"gps\"}"
            })
    void findsTheEventWhereverItStands(String payload) {
        Envelope envelope = Envelope.of(source(payload), LIMIT);
        assertThat(envelope.event()).isEqualTo("gps");
        assertThat(envelope.reason()).isNull();
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
        Envelope envelope = Envelope.of(source(payload), LIMIT);
        assertThat(envelope.reason()).isEqualTo("no-event");
        assertThat(envelope.error()).isEqualTo("the payload has no text field \"event\"");
        assertThat(JSON.readTree(envelope.json()).get("payload")).isEqualTo(JSON.readTree(payload));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "-1.5e3", "\"event\"", "true", "null", "[]", "[{\"event\":\"gps\"}]"})
    void isNoEventWhenItIsNoObject(String payload) throws IOException {
        Envelope envelope = Envelope.of(source(payload), LIMIT);
        assertThat(envelope.reason()).isEqualTo("no-event");
        assertThat(envelope.error()).isEqualTo("the payload is no JSON object");
        assertThat(JSON.readTree(envelope.json()).get("payload")).isEqualTo(JSON.readTree(payload));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "hello",
                "{\"event\":\"gps\"",
                "{\"event\":\"gp",
                "{\"event\":",
                "{\"event\"",
                "{\"a\":[1,2",
                "{\"a\":{\"b\":1}",
                "{\"payload\":{\"event\":\"gps\"",
                "[1,2",
                "{\"event\":\"gps\"} x",
                "{\"event\":\"gps\"}{}",
                "{\"event\":\"gps\"},",
                "{\"event\":\"gps\"}]",
                "{event:\"gps\"}",
                "{'event':'gps'}",
                "{\"event\":\"gps\",}",
                "{\"n\":01,\"event\":\"gps\"}",
                "{\"n\":NaN,\"event\":\"gps\"}",
                "{\"event\":\"gps\" /* why */}",
                "{\"a\":\"raw\nline\",\"event\":\"gps\"}",
                "{\"a\":\"\\x\",\"event\":\"gps\"}",
                "{\"a\":\"raw \u0000\",\"event\":\"gps\"}"
            })
    void isNotJsonWhenItBreaksTheGrammar(String payload) throws IOException {
        assertNotJson(bytes(payload));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7b22616263223a2280227d", // a continuation without a start
                "7b22616263223a22c3227d", // a start without its continuation
                "7b22616263223a22e282227d",
                "7b22616263223a22c080227d", // a longer form than needed
                "7b22616263223a22eda080227d", // half of a surrogate pair
                "7b22616263223a22f4908080227d", // above the last code point
                "7b22616263223a22ff227d"
            })
    void isNotJsonWhenItIsNotUtf8(String hexadecimal) throws IOException {
        assertNotJson(HexFormat.of().parseHex(hexadecimal));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void isNotJsonInAnotherEncoding(String charset) throws IOException {
        // the envelope is UTF-8, so such a payload would spoil it and the batch that it is in
        assertNotJson("{\"event\":\"gps\"}".getBytes(Charset.forName(charset)));
    }

    @Test
    void isNotJsonWithAByteOrderMark() throws IOException {
        assertNotJson(bytes("\ufeff{\"event\":\"gps\"}"));
    }

    @Test
    void isNotJsonWhenNestedTooDeeply() throws IOException {
        assertNotJson(bytes("[".repeat(2000) + "]".repeat(2000)));
        assertNotJson(bytes("{\"a\":".repeat(2000) + "1" + "}".repeat(2000)));
    }

    @Test
    void takesNestingThatIsOnlyDeep() throws IOException {
        String payload = "{\"event\":\"gps\",\"a\":" + "[".repeat(900) + "]".repeat(900) + "}";
        Envelope envelope = Envelope.of(source(payload), LIMIT);
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
        assertThat(Envelope.of(source(payload), payload.length()).reason()).isNull();
        Envelope envelope = Envelope.of(source(payload), payload.length() - 1);
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
                source(payload)
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
                source("{\"topic\":\"a\",\"ts\":\"t\",\"payload\":{\"event\":\"gps\"}}")
                        .userProperties(List.<String[]>of(new String[] {"username", "collector"})),
                LIMIT);
        assertThat(envelope.username()).isEqualTo("collector");
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
        Envelope envelope = Envelope.of(source(payload), LIMIT);
        assertThat(envelope.event()).isEqualTo("gps");
        assertThat(envelope.username()).isNull();
        assertThat(JSON.readTree(envelope.json()).get("payload")).isEqualTo(JSON.readTree(payload));
    }

    @Test
    void replacesWhatTextInADatabaseCannotHold() {
        Envelope envelope = Envelope.of(
                source("{\"topic\":\"a\",\"ts\":\"t\",\"username\":\"a\\u0000b\",\"client_id\":\"\\ud83d!\","
                        + "\"payload\":{\"event\":\"g\\u0000\\ude00\"}}"),
                LIMIT);
        assertThat(envelope.username()).isEqualTo("a\ufffdb");
        assertThat(envelope.clientId()).isEqualTo("?!");
        assertThat(envelope.event()).isEqualTo("g\ufffd?");
    }

    @Test
    void keepsWholeSurrogatePairs() {
        assertThat(Envelope.of(source("{\"event\":\"\\ud83d\\ude00 😀\"}"), LIMIT)
                        .event())
                .isEqualTo("😀 😀");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e401", "-1.5E+1000", "2e-401", "1e99999999999", "[{\"b\":[1e131071]}]"})
    void refusesNumbersThatTheDatabaseWouldWriteOutInFull(String number) {
        for (String payload : List.of(
                "{\"event\":\"gps\",\"a\":" + number + "}",
                "{\"ts\":\"t\",\"topic\":\"t\",\"payload\":{\"event\":\"gps\",\"a\":" + number + "}}")) {
            Envelope envelope = Envelope.of(source(payload), LIMIT);
            assertThat(envelope.reason()).isEqualTo("bad-data");
            assertThat(envelope.event()).isEqualTo("gps");
            assertThat(envelope.json()).isEmpty();
            assertThat(envelope.payload()).isEqualTo(bytes(payload));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e400", "1.5E-0400", "-0e00000000000", "1.4011", "401", "\"1e999\""})
    void takesOtherNumbersAndText(String number) {
        assertThat(Envelope.of(source("{\"event\":\"gps\",\"a\":" + number + "}"), LIMIT)
                        .reason())
                .isNull();
    }

    @Test
    void describesItselfWithoutThePayload() throws IOException {
        Envelope envelope = Envelope.of(
                source("\u0001")
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

    // ---- the way through a queue

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
                source(payload)
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
        Envelope bare = Envelope.of(source(payload), limit);
        assertSameAfterAQueue(bare, limit);
    }

    private static void assertSameAfterAQueue(Envelope before, int limit) throws IOException {
        Envelope after = Envelope.taken(before.queued(), "redis", limit);
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
        assertThat(after.queued()).as("through a second queue").isEqualTo(before.queued());
    }

    @Test
    void isTheSameAfterAQueueThoughItIsLargerThanAnyTextInJson() throws IOException {
        byte[] payload = new byte[16 << 20];
        Arrays.fill(payload, (byte) 0xFF);
        assertSameAfterAQueue(Envelope.of(source(payload), LIMIT), LIMIT);
    }

    @Test
    void ofAPayloadThatIsTooLargeToBeHeldItHasTheBeginning() throws IOException {
        Envelope cut =
                Envelope.of(source("{\"event\":\"gps\"").cutFrom(300_000_000).qos(1), LIMIT);
        assertThat(cut.reason()).isEqualTo("too-large");
        assertThat(cut.error()).contains("300000000 bytes", "first 14", "msgstore.max-in-flight-bytes");
        assertThat(cut.payload()).hasSize(14);
        assertThat(JSON.readTree(cut.jsonWithoutPayload()).get("payload_bytes").intValue())
                .isEqualTo(300_000_000);
        assertSameAfterAQueue(cut, LIMIT);
    }

    @Test
    void isTooLargeByTheLimitWhereItIsTaken() {
        byte[] queued = Envelope.of(source("{\"event\":\"gps\"}"), LIMIT).queued();
        assertThat(Envelope.taken(queued, "redis", 15).reason()).isNull();
        Envelope tooLarge = Envelope.taken(queued, "redis", 14);
        assertThat(tooLarge.reason()).isEqualTo("too-large");
        assertThat(tooLarge.error()).contains("15 bytes", "14");
        assertThat(Envelope.taken(Envelope.of(source("{\"event\":\"gps\"}"), 14).queued(), "redis", 15)
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
        Envelope envelope = Envelope.taken(bytes(text), "my-queue", LIMIT);
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
        Envelope envelope = Envelope.taken(bytes(text), "my-queue", LIMIT);
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

    private static void assertNotJson(byte[] payload) throws IOException {
        Envelope envelope = Envelope.of(source(payload), LIMIT);
        assertThat(envelope.reason()).isEqualTo("not-json");
        assertThat(envelope.error()).isNotBlank();
        assertThat(envelope.json()).isEmpty();
        assertThat(envelope.payload()).isEqualTo(payload);
        assertThat(JSON.readTree(envelope.jsonWithoutPayload()).has("payload")).isFalse();
    }

    private static Envelope.Source source(String payload) {
        return source(bytes(payload));
    }

    private static Envelope.Source source(byte[] payload) {
        return new Envelope.Source("devices/alice/up", payload).receivedAt(RECEIVED_AT);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
