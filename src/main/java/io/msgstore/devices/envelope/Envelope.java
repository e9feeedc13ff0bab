/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * A received message with what is known about it: what the queue carries and what SQL receives. Its JSON is put together
 * around the payload's own bytes, which are held once.
 */
public final class Envelope implements JsonBody {
    private static final byte[] NO_JSON = new byte[0];

    /** What the bytes of an envelope are. */
    private enum Form {
        /** JSON that was written around the payload; the payload is a part of it. */
        WRITTEN,
        /** The payload as it came, which is an envelope itself. */
        FORWARDED,
        /** The payload as it came, around which there can be no JSON. */
        BARE,
        /** JSON from a queue, or of a message that was made of another: what it says is all that is known. */
        ENTIRE
    }

    private final Form form;
    private final byte[] bytes;
    // where the payload is in the bytes: the inner one, if the payload is an envelope; 0 and 0 in a bare one
    private final int payloadStart;
    private final int payloadEnd;
    private final String topic;
    private final long receivedAt;
    private final int qos;
    private final boolean retained;
    private final boolean redelivered;
    private final int cutFrom;
    private final String event;
    private final String clientId;
    private final String username;
    private final String protocol;
    private final String traceId;
    private final List<String[]> userProperties;
    // null for a message that can be stored
    private final Refusal refusal;
    private final boolean made;
    // null for a message as it came
    private final Origin origin;

    // a message as it came, with what its payload tells
    private Envelope(
            ReceivedMessage message,
            String traceId,
            PayloadReader found,
            Form form,
            byte[] bytes,
            int payloadStart,
            int payloadEnd,
            Refusal refusal) {
        this.form = form;
        this.bytes = bytes;
        this.payloadStart = payloadStart;
        this.payloadEnd = payloadEnd;
        this.topic = message.topic;
        this.receivedAt = message.receivedAt;
        this.qos = message.qos;
        this.retained = message.retained;
        this.redelivered = message.redelivered;
        this.cutFrom = message.cutFrom;
        this.event = found.event;
        this.clientId = found.clientId != null ? found.clientId : message.clientId;
        this.username = found.username != null ? found.username : message.username;
        this.protocol = message.protocol;
        this.traceId = found.traceId != null ? found.traceId : traceId;
        this.userProperties = message.userProperties;
        this.refusal = refusal;
        this.made = found.made;
        this.origin = null;
    }

    /** A message that was taken from a queue, or made of another one, with what was read of its JSON. */
    Envelope(PayloadReader found, String traceId, byte[] json, long receivedAt, Refusal refusal, Origin origin) {
        this.form = Form.ENTIRE;
        this.bytes = json;
        this.payloadStart = found.payloadStart;
        this.payloadEnd = found.payloadEnd;
        this.topic = found.topic;
        this.receivedAt = receivedAt;
        this.qos = -1;
        this.retained = found.retained;
        this.redelivered = found.redelivered;
        this.cutFrom = 0;
        this.event = found.event;
        this.clientId = found.clientId;
        this.username = found.username;
        this.protocol = null;
        this.traceId = traceId;
        this.userProperties = List.of();
        this.refusal = refusal;
        this.made = found.made;
        this.origin = origin;
    }

    private Envelope(Envelope other, Refusal refusal) {
        this.form = other.form;
        this.bytes = other.bytes;
        this.payloadStart = other.payloadStart;
        this.payloadEnd = other.payloadEnd;
        this.topic = other.topic;
        this.receivedAt = other.receivedAt;
        this.qos = other.qos;
        this.retained = other.retained;
        this.redelivered = other.redelivered;
        this.cutFrom = other.cutFrom;
        this.event = other.event;
        this.clientId = other.clientId;
        this.username = other.username;
        this.protocol = other.protocol;
        this.traceId = other.traceId;
        this.userProperties = other.userProperties;
        this.refusal = refusal;
        this.made = true;
        this.origin = other.origin;
    }

    /**
     * Puts a message into its envelope. Never fails: what can't be stored has a {@link #reason()} afterwards.
     *
     * @param maxPayloadBytes payloads above this are {@code too-large}
     */
    public static Envelope of(ReceivedMessage message, int maxPayloadBytes) {
        byte[] payload = message.payload;
        String traceId = message.traceId == null ? TraceId.random() : message.traceId;
        if (message.cutFrom > 0) {
            return new Envelope(
                    message, traceId, PayloadReader.NOTHING, Form.BARE, payload, 0, 0, Refusal.cut(message));
        }
        PayloadReader found;
        try {
            found = PayloadReader.payload(payload);
        } catch (IOException e) {
            return new Envelope(message, traceId, PayloadReader.NOTHING, Form.BARE, payload, 0, 0, Refusal.notJson(e));
        }
        Refusal refusal = Refusal.of(found, payload, maxPayloadBytes);
        if (found.hugeNumber) {
            // the database can't read it as JSON
            return new Envelope(message, traceId, found, Form.BARE, payload, 0, 0, refusal);
        }
        if (found.isEnvelope()) {
            int start = found.payloadStart;
            return new Envelope(message, traceId, found, Form.FORWARDED, payload, start, found.payloadEnd, refusal);
        }
        EnvelopeWriter writer = EnvelopeWriter.envelope(message, traceId, payload);
        int start = writer.payloadStart();
        return new Envelope(
                message, traceId, found, Form.WRITTEN, writer.toByteArray(), start, start + payload.length, refusal);
    }

    /** The same message, which can't be stored for this reason. */
    public Envelope refused(String why, String details) {
        return new Envelope(this, new Refusal(why, details));
    }

    /** The message as it came, but with another payload, and with what the payload as it came said of the publisher. */
    ReceivedMessage received(byte[] otherPayload) {
        return new ReceivedMessage(topic, otherPayload)
                .receivedAt(receivedAt)
                .qos(qos)
                .retained(retained)
                .redelivered(redelivered)
                .cutFrom(cutFrom)
                .protocol(protocol)
                .userProperties(userProperties)
                .clientId(clientId)
                .username(username)
                .traceId(traceId);
    }

    /** The envelope as JSON, with another payload. */
    byte[] around(byte[] otherPayload) {
        return form == Form.BARE
                ? EnvelopeWriter.envelope(received(null), traceId, otherPayload).toByteArray()
                : EnvelopeWriter.spliced(bytes, payloadStart, payloadEnd, otherPayload);
    }

    /** The topic that the message came on. */
    public String topic() {
        return topic;
    }

    /** The payload as it came. */
    public byte[] payload() {
        return form == Form.BARE || form == Form.FORWARDED ? bytes : content();
    }

    /** The payload that it is about: that in the payload, where the payload is an envelope itself. */
    public byte[] content() {
        return form == Form.BARE ? bytes : Arrays.copyOfRange(bytes, payloadStart, payloadEnd);
    }

    /** Whether the payload is a JSON array, and that is all that is wrong with it. */
    public boolean isArray() {
        return form == Form.WRITTEN && "no-event".equals(reason()) && PayloadReader.begins(bytes, payloadStart, '[');
    }

    /** Where it comes from, where it was made of another message; else null. */
    public Origin origin() {
        return origin;
    }

    /** Whether no message is to be made of it: it was made of another, by whichever msgstore, or is {@link #refused}. */
    public boolean isComplete() {
        return made;
    }

    /** Whether the JSON tells all of the message, so that there is no need to keep more than that. */
    boolean tellsAll() {
        return form == Form.ENTIRE || form == Form.WRITTEN && refusal == null;
    }

    /** The envelope as JSON in UTF-8; empty when the payload is not JSON. */
    @Override
    public byte[] json() {
        return form == Form.BARE ? NO_JSON : bytes;
    }

    @Override
    public void writePayload(ByteArrayOutputStream out) {
        out.write(bytes, payloadStart, payloadEnd - payloadStart);
    }

    /** The envelope without its payload, as JSON: for a payload that JSON or the database can't hold. */
    public byte[] jsonWithoutPayload() {
        return form == Form.ENTIRE
                ? EnvelopeReader.withoutPayload(bytes)
                : EnvelopeWriter.envelope(received(null), traceId, null).toByteArray();
    }

    /** When the message was received, as the envelope says it. */
    public String ts() {
        return form == Form.ENTIRE || form == Form.FORWARDED
                ? EnvelopeReader.ts(bytes)
                : Instant.ofEpochMilli(receivedAt).toString();
    }

    /** When the message was received, milliseconds since the epoch. */
    public long receivedAt() {
        return receivedAt;
    }

    public boolean retained() {
        return retained;
    }

    /** Whether the broker says that it may have delivered the message before. */
    public boolean redelivered() {
        return redelivered;
    }

    /** {@code payload.event}, or null. */
    public String event() {
        return event;
    }

    /** The publisher's client id where it is known, or null. */
    public String clientId() {
        return clientId;
    }

    /** The publisher's user name where it is known, or null. */
    public String username() {
        return username;
    }

    @Override
    public String traceId() {
        return traceId;
    }

    /** Why the message can't be stored whatever the database says, or null. */
    public String reason() {
        return refusal == null ? null : refusal.reason();
    }

    /** The error behind {@link #reason()}, or null. */
    public String error() {
        return refusal == null ? null : refusal.error();
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
