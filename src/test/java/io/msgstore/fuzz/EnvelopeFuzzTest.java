/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.QueueForm;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.envelope.StorableText;
import io.msgstore.devices.failure.DeadLetter;
import io.msgstore.fuzz.Fuzz.Case;

import static org.assertj.core.api.Assertions.assertThat;

/** Envelopes, what a queue makes of them, and dead letters of any payload and any user properties: 40,000 cases, 14 s on two busy cores. */
class EnvelopeFuzzTest {
    private static final int LIMIT = 1 << 20;
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    // an envelope is one level deeper than its payload, and a dead letter two
    static final JsonMapper DEEPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(1010)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @Test
    void everyPayloadGetsAnEnvelopeOrAReason() {
        Fuzz.run("payloads", 30_000, Payloads::next, one -> {
            Envelope envelope = Envelope.of(new ReceivedMessage("devices/a/up", one.bytes()), LIMIT);
            JsonNode payload = read(one);
            assertThat(envelope.payload()).isEqualTo(one.bytes());
            if (payload == null) {
                assertThat(envelope.reason()).isEqualTo("not-json");
                assertThat(envelope.json()).isEmpty();
            } else if (envelope.json().length > 0) {
                assertThat(envelope.reason()).isIn(null, "no-event", "too-large");
                boolean wrapped = payload.path("payload").isObject()
                        && payload.path("ts").isTextual()
                        && payload.path("topic").isTextual();
                JsonNode json = DEEPER.readTree(envelope.json());
                assertThat(wrapped ? json : json.get("payload")).isEqualTo(payload);
                String event = (wrapped ? payload.get("payload") : payload)
                        .path("event")
                        .textValue();
                assertThat(envelope.event()).isEqualTo(StorableText.of(event));
                assertThat(envelope.reason() == null || envelope.reason().equals("too-large"))
                        .isEqualTo(event != null || one.bytes().length > LIMIT);
            } else {
                assertThat(envelope.reason()).isEqualTo("bad-data");
            }
            assertThat(envelope.reason() == null).isEqualTo(envelope.error() == null);
            assertThat(DEEPER.readTree(envelope.jsonWithoutPayload()).has("payload"))
                    .isFalse();
            assertIsTheSameAfterAQueue(envelope);
            // put there by others: an envelope may be a level deeper than a payload, and larger
            Envelope taken = QueueForm.read(one.bytes(), "queue", LIMIT);
            assertThat(taken.reason() == null).isEqualTo(taken.error() == null);
            if (envelope.error() == null) {
                assertThat(taken.error()).isNull();
                assertThat(taken.event()).isEqualTo(envelope.event());
            }
            assertIsALineOfTheSpool(new DeadLetter(
                    envelope, "k", "internal", one.input(), null, 1, Instant.ofEpochSecond(1_770_000_000), false));
        });
    }

    @Test
    void userPropertiesAreInTheEnvelope() {
        Fuzz.run("properties", 10_000, EnvelopeFuzzTest::properties, one -> {
            String[] texts = one.input().split("\n", -1);
            List<String[]> pairs = new ArrayList<>();
            for (int i = 1; i + 1 < texts.length; i += 2) {
                pairs.add(new String[] {texts[i], texts[i + 1]});
            }
            Envelope envelope = Envelope.of(
                    new ReceivedMessage(texts[0], "{\"event\":\"x\"}".getBytes(StandardCharsets.UTF_8))
                            .userProperties(pairs),
                    LIMIT);
            JsonNode json = STRICT.readTree(envelope.json());
            assertThat(json.get("topic").textValue()).isEqualTo(StorableText.of(texts[0]));
            for (int i = 0; i < pairs.size(); i++) {
                JsonNode property = json.get("user_properties").get(i);
                assertThat(property.get("k").textValue()).isEqualTo(StorableText.of(pairs.get(i)[0]));
                assertThat(property.get("v").textValue()).isEqualTo(StorableText.of(pairs.get(i)[1]));
            }
            assertIsTheSameAfterAQueue(envelope);
            assertIsALineOfTheSpool(new DeadLetter(
                    envelope, "k", "internal", texts[0], null, 1, Instant.ofEpochSecond(1_770_000_000), false));
        });
    }

    /** A topic, and names and values of properties, each on a line. */
    private static String properties(Dice dice) {
        StringBuilder lines = new StringBuilder(dice.text(60).replace('\n', ' '));
        for (int i = dice.below(5); i > 0; i--) {
            String name = dice.oneIn(3) ? dice.of("username", "client_id", "trace_id") : dice.text(12);
            String value =
                    dice.text(dice.oneIn(200) ? 70_000 : 40) + (dice.oneIn(20) ? dice.of("\ud83d", "\ude00") : "");
            lines.append('\n').append(name.replace('\n', ' ')).append('\n').append(value.replace('\n', ' '));
        }
        return lines.toString();
    }

    private static void assertIsTheSameAfterAQueue(Envelope before) throws IOException {
        Envelope after = QueueForm.read(QueueForm.write(before), "queue", LIMIT);
        assertThat(after.payload()).isEqualTo(before.payload());
        assertThat(after.json()).isEqualTo(before.json());
        assertThat(after.topic()).isEqualTo(StorableText.of(before.topic()));
        assertThat(after.event()).isEqualTo(before.event());
        assertThat(after.username()).isEqualTo(StorableText.of(before.username()));
        assertThat(after.clientId()).isEqualTo(StorableText.of(before.clientId()));
        assertThat(after.traceId()).isEqualTo(StorableText.of(before.traceId()));
        assertThat(after.receivedAt()).isEqualTo(before.receivedAt());
        assertThat(after.reason()).isEqualTo(before.reason());
        assertThat(after.error()).isEqualTo(before.error());
        assertThat(DEEPER.readTree(after.jsonWithoutPayload())).isEqualTo(DEEPER.readTree(before.jsonWithoutPayload()));
    }

    // null when it is no JSON in UTF-8
    private static JsonNode read(Case one) throws IOException {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(one.bytes()))
                    .toString();
            JsonNode tree = text.startsWith("\ufeff") ? null : STRICT.readTree(text);
            return tree == null || tree.isMissingNode() ? null : tree;
        } catch (CharacterCodingException | JsonProcessingException e) {
            return null;
        }
    }

    private static void assertIsALineOfTheSpool(DeadLetter letter) throws IOException {
        for (DeadLetter each : List.of(letter, letter.asBytes())) {
            byte[] line = each.json();
            assertThat(new String(line, StandardCharsets.UTF_8).lines()).hasSize(1);
            JsonNode json = DEEPER.readTree(line);
            Envelope envelope = letter.envelope();
            if (json.has("payload")) {
                assertThat(json.get("payload").binaryValue()).isEqualTo(envelope.payload());
            } else {
                assertThat(json.get("envelope")).isEqualTo(DEEPER.readTree(envelope.json()));
            }
        }
    }
}
