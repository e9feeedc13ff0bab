/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.msgstore.devices.envelope.SampleMessages.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PayloadReaderTest {
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
    void findsTheEventWhereverItStands(String payload) throws IOException {
        assertThat(read(payload).event).isEqualTo("gps");
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
    void findsNoEventWithoutATextOnTheOuterLevel(String payload) throws IOException {
        assertThat(read(payload).event).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "-1.5e3", "\"event\"", "true", "null", "[]", "[{\"event\":\"gps\"}]"})
    void findsNoEventWhereThereIsNoObject(String payload) throws IOException {
        assertThat(read(payload).event).isNull();
    }

    @Test
    void ofANameThatStandsTwiceTheLastValueCountsAsInTheDatabase() throws IOException {
        assertThat(read("{\"event\":\"gps\",\"event\":\"cmd\"}").event).isEqualTo("cmd");
        for (String value : List.of("null", "5", "[\"cmd\"]", "{\"event\":\"cmd\"}")) {
            assertThat(read("{\"event\":\"cmd\",\"event\":" + value + "}").event)
                    .isNull();
            assertThat(read("{\"ts\":\"2026-01-23T17:00:00Z\",\"topic\":\"t\","
                                    + "\"payload\":{\"event\":\"cmd\",\"event\":" + value + "}}")
                            .event)
                    .isNull();
        }
        PayloadReader other = read("{\"ts\":\"2026-01-23T17:00:00Z\",\"topic\":\"t\","
                + "\"payload\":{\"event\":\"cmd\"},\"payload\":[1]}");
        assertThat(other.isEnvelope()).isFalse();
        assertThat(other.event).isNull();
    }

    @Test
    void anEnvelopeTellsOfItsMessage() throws IOException {
        String envelope =
                "{\"username\":\"alice\",\"payload\": {\"event\":\"gps\"} ,\"topic\":\"a/b\",\"retain\":true,\"dup\":true,"
                        + "\"ts\":\"2026-01-23T17:00:00Z\",\"client_id\":\"c\",\"trace_id\":\"t\",\"event\":\"outer\",\"mapping\":\"m\"}";
        PayloadReader found = read(envelope);
        assertThat(found.isEnvelope()).isTrue();
        assertThat(found.event).isEqualTo("gps");
        assertThat(found.topic).isEqualTo("a/b");
        assertThat(found.ts).isEqualTo("2026-01-23T17:00:00Z");
        assertThat(found.clientId).isEqualTo("c");
        assertThat(found.username).isEqualTo("alice");
        assertThat(found.traceId).isEqualTo("t");
        assertThat(found.retained).isTrue();
        assertThat(found.redelivered).isTrue();
        assertThat(found.made).isTrue();
        assertThat(envelope.substring(found.payloadStart, found.payloadEnd)).isEqualTo("{\"event\":\"gps\"}");
        found.includeSpace(bytes(envelope));
        assertThat(envelope.substring(found.payloadStart, found.payloadEnd)).isEqualTo(" {\"event\":\"gps\"} ");
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
        PayloadReader found = read(payload);
        assertThat(found.isEnvelope()).isFalse();
        assertThat(found.event).isEqualTo("gps");
        assertThat(found.username).isNull();
    }

    @Test
    void replacesWhatTextInADatabaseCannotHold() throws IOException {
        PayloadReader found =
                read("{\"topic\":\"a\",\"ts\":\"t\",\"username\":\"a\\u0000b\",\"client_id\":\"\\ud83d!\","
                        + "\"payload\":{\"event\":\"g\\u0000\\ude00\"}}");
        assertThat(found.username).isEqualTo("a\ufffdb");
        assertThat(found.clientId).isEqualTo("?!");
        assertThat(found.event).isEqualTo("g\ufffd?");
    }

    @Test
    void keepsWholeSurrogatePairs() throws IOException {
        assertThat(read("{\"event\":\"\\ud83d\\ude00 😀\"}").event).isEqualTo("😀 😀");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e401", "-1.5E+1000", "2e-401", "1e99999999999", "[{\"b\":[1e131071]}]"})
    void findsNumbersThatTheDatabaseWouldWriteOutInFull(String number) throws IOException {
        for (String payload : List.of(
                "{\"event\":\"gps\",\"a\":" + number + "}",
                "[" + number + "]",
                "{\"ts\":\"t\",\"topic\":\"t\",\"payload\":{\"event\":\"gps\",\"a\":" + number + "}}")) {
            assertThat(read(payload).hugeNumber).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e400", "1.5E-0400", "-0e00000000000", "1.4011", "401", "\"1e999\""})
    void takesOtherNumbersAndText(String number) throws IOException {
        assertThat(read("{\"event\":\"gps\",\"a\":" + number + "}").hugeNumber).isFalse();
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
    void refusesWhatBreaksTheGrammar(String payload) {
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
    void refusesWhatIsNotUtf8(String hexadecimal) {
        assertNotJson(HexFormat.of().parseHex(hexadecimal));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void refusesAnotherEncoding(String charset) {
        // the envelope is UTF-8, so such a payload would spoil it and the batch that it is in
        assertNotJson("{\"event\":\"gps\"}".getBytes(Charset.forName(charset)));
    }

    @Test
    void refusesAByteOrderMark() {
        assertNotJson(bytes("\ufeff{\"event\":\"gps\"}"));
    }

    @Test
    void refusesWhatIsNestedTooDeeply() {
        assertNotJson(bytes("[".repeat(2000) + "]".repeat(2000)));
        assertNotJson(bytes("{\"a\":".repeat(2000) + "1" + "}".repeat(2000)));
    }

    @Test
    void anEnvelopeMayBeALevelDeeperThanAPayload() throws IOException {
        String payload = "{\"event\":\"gps\",\"a\":" + "[".repeat(999) + "]".repeat(999) + "}";
        assertThat(read(payload).event).isEqualTo("gps");
        byte[] envelope = bytes("{\"ts\":\"t\",\"topic\":\"t\",\"payload\":" + payload + "}");
        assertNotJson(envelope);
        assertThat(PayloadReader.envelope(envelope).event).isEqualTo("gps");
        assertThatThrownBy(
                        () -> PayloadReader.envelope(bytes("[" + new String(envelope, StandardCharsets.UTF_8) + "]")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void whiteSpaceIsBeforeWhatJsonBeginsWith() {
        assertThat(PayloadReader.begins(bytes(" \r\n\t[1]"), 0, '[')).isTrue();
        assertThat(PayloadReader.begins(bytes("{ [1]"), 1, '[')).isTrue();
        assertThat(PayloadReader.begins(bytes("{ [1]"), 0, '[')).isFalse();
    }

    private static void assertNotJson(byte[] payload) {
        assertThatThrownBy(() -> PayloadReader.payload(payload))
                .isInstanceOf(IOException.class)
                .message()
                .isNotBlank();
    }

    private static PayloadReader read(String payload) throws IOException {
        return PayloadReader.payload(bytes(payload));
    }
}
