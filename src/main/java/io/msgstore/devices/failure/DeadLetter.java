/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.EnvelopeReader;
import io.msgstore.devices.envelope.JsonBody;
import io.msgstore.devices.envelope.Origin;
import io.msgstore.devices.envelope.StorableText;

/**
 * A message that can't be stored, and why: one element of the array that {@code sql/<database>/dead-letters/insert.sql}
 * takes.
 *
 * @param envelope the whole message
 * @param key identifies the dead letter: the same when it is written again or dies again in a replay
 * @param reason one of the dead-letter reasons
 * @param error what went wrong, for people; may be null
 * @param sqlState the database's code for it; may be null
 * @param attempts how often the database was tried
 * @param failedAt when it was given up
 * @param raw whether the payload is kept as bytes because the database refuses it as JSON
 */
public record DeadLetter(
        Envelope envelope,
        String key,
        String reason,
        String error,
        String sqlState,
        int attempts,
        Instant failedAt,
        boolean raw)
        implements JsonBody {
    /** Every reason there is. */
    public static final String[] REASONS = {
        "not-json", "no-event", "unknown-event", "too-large", "bad-data", "mapping", "constraint", "outage", "internal"
    };

    // Columns to look at and to filter by; the whole is in the envelope. Of a list's page each may be there 500 times.
    private static final int LONGEST_ERROR = 2000;
    private static final int LONGEST_NAME = 200;

    private static final JsonFactory JSON = new JsonFactory();
    // numbers keep their digits
    private static final ObjectMapper TREE = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    @Override
    public String traceId() {
        return envelope.traceId();
    }

    @Override
    public boolean mayHaveAnyEvent() {
        return true;
    }

    /** The same dead letter with its payload as bytes. */
    public DeadLetter asBytes() {
        return new DeadLetter(envelope, key, reason, error, sqlState, attempts, failedAt, true);
    }

    /** Topic and payload in a digest: finds the row of a message that is delivered again. */
    static String hash(Envelope envelope) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(envelope.topic().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return HexFormat.of().formatHex(digest.digest(envelope.payload()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    // as it came, where a mapping made no other message of it: with another mapping it may be stored
    private static Envelope kept(Envelope envelope) {
        Origin origin = envelope.origin();
        return origin != null && origin.mapping() != null && origin.of() == 1 ? origin.whole() : envelope;
    }

    private static String explained(Envelope envelope, String error) {
        return envelope.origin() == null ? error : envelope.origin() + ": " + error;
    }

    private static String shortened(String text, int longest) {
        return StorableText.of(text == null || text.length() <= longest ? text : text.substring(0, longest - 1) + "…");
    }

    /**
     * A line of the spool with the payload as bytes, as {@link #asBytes} makes it; the line itself where they are bytes already or
     * it is no dead letter.
     */
    static String asBytes(String line) {
        try {
            byte[] json = line.getBytes(StandardCharsets.UTF_8);
            if (TREE.readTree(json) instanceof ObjectNode letter
                    && letter.get("envelope") instanceof ObjectNode known
                    && known.has("payload")) {
                ByteArrayOutputStream whole = new ByteArrayOutputStream(json.length);
                EnvelopeReader.writeField("envelope", json, whole);
                ByteArrayOutputStream payload = new ByteArrayOutputStream(json.length);
                EnvelopeReader.writePayload(whole.toByteArray(), payload);
                known.remove("payload");
                return TREE.writeValueAsString(letter.put("payload", payload.toByteArray()));
            }
        } catch (IOException e) {
            // cut off
        }
        return line;
    }

    @Override
    public byte[] json() {
        Envelope kept = kept(envelope);
        boolean whole = !raw && kept.json().length > 0;
        ByteArrayOutputStream out = new ByteArrayOutputStream(kept.payload().length + 512);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("message_key", StorableText.of(key));
            json.writeStringField("message_hash", hash(kept));
            json.writeBooleanField("redelivered", kept.redelivered());
            json.writeStringField("failed_at", failedAt.toString());
            json.writeStringField(
                    "received_at", Instant.ofEpochMilli(kept.receivedAt()).toString());
            json.writeStringField("reason", reason);
            json.writeStringField("error", shortened(explained(envelope, error), LONGEST_ERROR));
            json.writeStringField("sqlstate", sqlState);
            json.writeNumberField("attempts", attempts);
            json.writeStringField("topic", StorableText.of(kept.topic()));
            json.writeStringField("event", shortened(envelope.event(), LONGEST_NAME));
            json.writeStringField("trace_id", shortened(envelope.traceId(), LONGEST_NAME));
            json.writeFieldName("envelope");
            // a line break can only stand between tokens; without it a dead letter is one line of the spool
            json.writeRawValue(new String(whole ? kept.json() : kept.jsonWithoutPayload(), StandardCharsets.UTF_8)
                    .replace('\n', ' ')
                    .replace('\r', ' '));
            if (!whole) {
                json.writeBinaryField("payload", kept.payload());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
