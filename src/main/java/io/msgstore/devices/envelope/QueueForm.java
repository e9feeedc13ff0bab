/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How a durable queue keeps a message: the envelope, or, where that would not tell all of it (a payload that is not JSON, or
 * an envelope itself), a JSON object with the payload in base64, {@code raw}, and what was known about it.
 */
public final class QueueForm {
    private static final byte[] RAW = "{\"raw\":\"".getBytes(StandardCharsets.US_ASCII);

    private QueueForm() {}

    /** The message as a durable queue keeps it, for {@link #read}; JSON in UTF-8, not a copy. */
    public static byte[] write(Envelope envelope) {
        if (envelope.tellsAll()) {
            return envelope.json();
        }
        byte[] rest = envelope.jsonWithoutPayload();
        byte[] payload = Base64.getEncoder().encode(envelope.payload());
        ByteArrayOutputStream out = new ByteArrayOutputStream(RAW.length + payload.length + 1 + rest.length);
        out.writeBytes(RAW);
        out.writeBytes(payload);
        out.write('"');
        out.write(',');
        out.write(rest, 1, rest.length - 1);
        return out.toByteArray();
    }

    /**
     * A message that was taken from a durable queue. Never fails: what msgstore has not put there itself is taken for the
     * payload of a message, of that topic.
     *
     * @param bytes what {@link #write} gave, or something else
     * @param queue where it was, the topic of what has none
     * @param maxPayloadBytes payloads above this are {@code too-large}
     */
    public static Envelope read(byte[] bytes, String queue, int maxPayloadBytes) {
        try {
            if (bytes.length > RAW.length && Arrays.equals(bytes, 0, RAW.length, RAW, 0, RAW.length)) {
                return Envelope.of(raw(bytes), maxPayloadBytes);
            }
            PayloadReader found = PayloadReader.envelope(bytes);
            if (found.isEnvelope() && found.event != null && !found.hugeNumber) {
                long receivedAt = Timestamps.millis(found.ts);
                found.includeSpace(bytes);
                String traceId = found.traceId == null ? TraceId.random() : found.traceId;
                Refusal refusal = Refusal.ofSize(found.payloadEnd - found.payloadStart, maxPayloadBytes);
                return new Envelope(found, traceId, bytes, receivedAt, refusal, null);
            }
        } catch (IOException | DateTimeException | IllegalArgumentException e) {
            // not by us: the reason is found below
        }
        return Envelope.of(new ReceivedMessage(queue, bytes), maxPayloadBytes);
    }

    // The payload is not read as JSON: it may be larger than the text that a parser takes.
    private static ReceivedMessage raw(byte[] bytes) throws IOException {
        int end = RAW.length;
        while (end < bytes.length && bytes[end] != '"') {
            end++;
        }
        if (end + 1 >= bytes.length || bytes[end + 1] != ',') {
            throw new IllegalArgumentException("no field behind the payload");
        }
        byte[] rest = Arrays.copyOfRange(bytes, end + 1, bytes.length);
        rest[0] = '{';
        JsonNode known = EnvelopeReader.tree(rest);
        if (!known.path("topic").isTextual() || !known.path("trace_id").isTextual()) {
            throw new IllegalArgumentException("no topic, or no trace id");
        }
        byte[] payload = Base64.getDecoder().decode(Arrays.copyOfRange(bytes, RAW.length, end));
        ReceivedMessage message = new ReceivedMessage(known.path("topic").asText(), payload)
                .receivedAt(Timestamps.millis(known.path("ts").asText()))
                .qos(known.path("qos").asInt(-1))
                .retained(known.path("retain").asBoolean())
                .redelivered(known.path("dup").asBoolean())
                .cutFrom(known.path("payload_bytes").asInt())
                .protocol(known.path("protocol").asText(null));
        List<String[]> pairs = new ArrayList<>();
        known.path("user_properties")
                .forEach(pair -> pairs.add(
                        new String[] {pair.path("k").asText(), pair.path("v").asText()}));
        return message.userProperties(pairs)
                .clientId(known.path("client_id").asText(null))
                .username(known.path("username").asText(null))
                .traceId(known.path("trace_id").asText(null));
    }
}
