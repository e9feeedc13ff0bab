/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.Origin;
import io.msgstore.devices.envelope.ReceivedMessage;

import static org.assertj.core.api.Assertions.assertThat;

class DeadLetterTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Instant FAILED_AT = Instant.parse("2026-01-23T17:00:01Z");

    @Test
    void holdsTheWholeMessageAndWhatHappened() throws IOException {
        Envelope envelope = envelope("{\"event\":\"gps\",\"n\":1.50}");
        JsonNode json = json(new DeadLetter(envelope, "k", "bad-data", "no such day", "22008", 3, FAILED_AT, false));
        assertThat(json.get("message_key").textValue()).isEqualTo("k");
        assertThat(json.get("message_hash").textValue()).matches("[0-9a-f]{64}");
        assertThat(json.get("redelivered").booleanValue()).isTrue();
        assertThat(json.get("failed_at").textValue()).isEqualTo("2026-01-23T17:00:01Z");
        assertThat(json.get("received_at").textValue()).isEqualTo("2026-01-23T17:00:00Z");
        assertThat(json.get("reason").textValue()).isEqualTo("bad-data");
        assertThat(json.get("error").textValue()).isEqualTo("no such day");
        assertThat(json.get("sqlstate").textValue()).isEqualTo("22008");
        assertThat(json.get("attempts").intValue()).isEqualTo(3);
        assertThat(json.get("topic").textValue()).isEqualTo("a/b");
        assertThat(json.get("event").textValue()).isEqualTo("gps");
        assertThat(json.get("trace_id").textValue()).isEqualTo(envelope.traceId());
        assertThat(json.get("envelope")).isEqualTo(JSON.readTree(envelope.json()));
        assertThat(json.has("payload")).isFalse();
    }

    @Test
    void keepsAPayloadThatIsNotJsonAsBytes() throws IOException {
        byte[] payload = {0, 1, (byte) 0xff, '"', '\n'};
        Envelope envelope = Envelope.of(new ReceivedMessage("a/b", payload), 100);
        JsonNode json = json(letter(envelope, "not-json", envelope.error()));
        assertThat(json.get("payload").binaryValue()).isEqualTo(payload);
        assertThat(json.get("envelope").get("topic").textValue()).isEqualTo("a/b");
        assertThat(json.get("envelope").has("payload")).isFalse();
        assertThat(json.get("event").isNull()).isTrue();
    }

    @Test
    void aLineOfTheSpoolKeepsItsPayloadAsBytesToTheLetter() throws IOException {
        for (String payload :
                List.of("{\"event\":\"gps\", \"n\" : 1.50}", "[1, {}]", "17", "\"\\u0000\u6f22\"", "null")) {
            DeadLetter letter = letter(envelope(payload), "bad-data", "x");
            String line = new String(letter.json(), StandardCharsets.UTF_8);
            String bytes = DeadLetter.asBytes(line);
            assertThat(JSON.readTree(bytes)).isEqualTo(json(letter.asBytes()));
            assertThat(DeadLetter.asBytes(bytes)).as("already").isEqualTo(bytes);
            assertThat(DeadLetter.asBytes(line.substring(0, 150))).as("cut off").hasSize(150);
        }
        assertThat(DeadLetter.asBytes("no JSON")).isEqualTo("no JSON");
    }

    @Test
    void keepsAPayloadThatTheDatabaseRefusesAsBytes() throws IOException {
        Envelope envelope = envelope("{\"event\":\"gps\",\"a\":\"\\u0000\"}");
        DeadLetter letter = letter(envelope, "bad-data", "x").asBytes();
        JsonNode json = json(letter);
        assertThat(json.get("payload").binaryValue()).isEqualTo(envelope.payload());
        assertThat(json.get("envelope").has("payload")).isFalse();
        assertThat(letter.key()).isEqualTo("k");
    }

    @Test
    void isOneLineWhateverThePayloadLooksLike() throws IOException {
        // the spool is a file of lines, and one that can't be read back would stay there for good
        Envelope envelope = envelope("{\n  \"event\": \"gps\",\r\n  \"a\": \"b\\nc\"\r}\n");
        DeadLetter letter = letter(envelope, "constraint", "first\nsecond\r\n");
        assertThat(new String(letter.json(), StandardCharsets.UTF_8)).doesNotContain("\n", "\r");
        assertThat(json(letter).get("envelope")).isEqualTo(JSON.readTree(envelope.json()));
        assertThat(json(letter).get("error").textValue()).isEqualTo("first\nsecond\r\n");
    }

    @Test
    void replacesWhatTheDatabaseCannotHold() throws IOException {
        Envelope envelope =
                Envelope.of(new ReceivedMessage("a\u0000b", "{\"event\":\"x\"}".getBytes(StandardCharsets.UTF_8)), 100);
        JsonNode json = json(letter(envelope, "internal", "nul \u0000, half \ud83d"));
        assertThat(json.get("error").textValue()).isEqualTo("nul \ufffd, half ?");
        assertThat(json.get("topic").textValue()).isEqualTo("a\ufffdb");
        assertThat(json.get("envelope").get("topic").textValue()).isEqualTo("a\ufffdb");
    }

    @Test
    void keepsTheColumnsOfAListShort() throws IOException {
        Envelope envelope = Envelope.of(
                new ReceivedMessage(
                        "a", ("{\"event\":\"" + "x".repeat(100_000) + "\"}").getBytes(StandardCharsets.UTF_8)),
                1_000_000);
        JsonNode json = json(letter(envelope, "unknown-event", "e".repeat(100_000)));
        assertThat(json.get("event").textValue()).hasSize(200).endsWith("x…");
        assertThat(json.get("error").textValue()).hasSize(2000).endsWith("e…");
        assertThat(json.get("envelope")).isEqualTo(JSON.readTree(envelope.json()));
    }

    @Test
    void leavesOpenWhatIsNotKnown() throws IOException {
        JsonNode json = json(new DeadLetter(envelope("{}"), "k", "no-event", null, null, 0, FAILED_AT, false));
        assertThat(json.get("error").isNull()).isTrue();
        assertThat(json.get("sqlstate").isNull()).isTrue();
    }

    @Test
    void hasTheSameHashForTheSameTopicAndPayloadOnly() {
        String hash = DeadLetter.hash(envelope("{}"));
        assertThat(DeadLetter.hash(envelope("{}"))).isEqualTo(hash);
        assertThat(DeadLetter.hash(envelope("{ }"))).isNotEqualTo(hash);
        assertThat(DeadLetter.hash(Envelope.of(new ReceivedMessage("a/b{", new byte[] {'}'}), 100)))
                .isNotEqualTo(hash);
    }

    @Test
    void keepsTheMessageAsItCameOfWhichAMappingMadeOne() throws IOException {
        Envelope whole = envelope("{\"lat\":95}");
        Envelope mapped = new Origin(whole, "m", 1, 1)
                .mapped("{\"event\":\"gps\",\"latitude\":95}".getBytes(StandardCharsets.UTF_8), 1);
        JsonNode json = json(letter(mapped, "bad-data", "latitude 95"));
        assertThat(json.get("envelope")).isEqualTo(JSON.readTree(whole.json()));
        assertThat(json.get("message_hash").textValue()).isEqualTo(DeadLetter.hash(whole));
        assertThat(json.get("redelivered").booleanValue()).isTrue();
        assertThat(json.get("event").textValue()).isEqualTo("gps");
        assertThat(json.get("error").textValue()).isEqualTo("mapping m: latitude 95");
    }

    @Test
    void keepsOneOfSeveralMessagesThatWereMadeOfOneByItself() throws IOException {
        Envelope whole = envelope("[{\"lat\":95},{\"lat\":5}]");
        Envelope mapped = new Origin(whole, "m", 1, 2)
                .mapped("{\"event\":\"gps\",\"latitude\":95}".getBytes(StandardCharsets.UTF_8), 1);
        JsonNode json = json(letter(mapped, "bad-data", "latitude 95"));
        assertThat(json.get("envelope")).isEqualTo(JSON.readTree(mapped.json()));
        assertThat(json.get("envelope").get("mapping").textValue()).isEqualTo("m");
        assertThat(json.get("error").textValue()).isEqualTo("mapping m, message 1 of 2: latitude 95");
        JsonNode raw = json(letter(mapped, "bad-data", "latitude 95").asBytes());
        assertThat(raw.get("envelope").get("part").intValue()).isEqualTo(1);
        assertThat(raw.get("payload").binaryValue()).isEqualTo(mapped.payload());
    }

    private static DeadLetter letter(Envelope envelope, String reason, String error) {
        return new DeadLetter(envelope, "k", reason, error, null, 1, FAILED_AT, false);
    }

    private static Envelope envelope(String payload) {
        return Envelope.of(
                new ReceivedMessage("a/b", payload.getBytes(StandardCharsets.UTF_8))
                        .receivedAt(Instant.parse("2026-01-23T17:00:00Z").toEpochMilli())
                        .redelivered(true),
                1000);
    }

    private static JsonNode json(DeadLetter letter) throws IOException {
        return JSON.readTree(letter.json());
    }
}
