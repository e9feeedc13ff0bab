/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/**
 * Writes the JSON text of an envelope, in UTF-8: what is known about a message around the payload's own bytes. One instance
 * writes one text.
 */
final class EnvelopeWriter {
    private static final byte[] TS = ascii("{\"ts\":\"");
    private static final byte[] TOPIC = ascii("Z\",\"topic\":");
    private static final byte[] PAYLOAD = ascii(",\"payload\":");
    private static final byte[] PAYLOAD_BYTES = ascii(",\"payload_bytes\":");
    private static final byte[] QOS = ascii(",\"qos\":");
    private static final byte[] RETAINED = ascii(",\"retain\":true");
    private static final byte[] NOT_RETAINED = ascii(",\"retain\":false");
    private static final byte[] DUP = ascii(",\"dup\":true");
    private static final byte[] CLIENT_ID = ascii(",\"client_id\":");
    private static final byte[] USERNAME = ascii(",\"username\":");
    private static final byte[] PROTOCOL = ascii(",\"protocol\":");
    private static final byte[] USER_PROPERTIES = ascii(",\"user_properties\":");
    private static final byte[] USER_PROPERTY_KEY = ascii("{\"k\":");
    private static final byte[] USER_PROPERTY_VALUE = ascii(",\"v\":");
    private static final byte[] TRACE_ID = ascii(",\"trace_id\":");
    private static final byte[] MAPPING = ascii(",\"mapping\":");
    private static final byte[] PART = ascii(",\"part\":");
    private static final byte[] COPY = ascii(",\"copy\":");
    // enough for all but the payload of an ordinary message
    private static final int FIELDS_LENGTH = 256;
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private byte[] bytes;
    private int length;
    private int payloadStart;

    private EnvelopeWriter(int capacity) {
        bytes = new byte[capacity];
    }

    /**
     * Writes the envelope of a message.
     *
     * @param traceId in place of the message's own
     * @param payload its JSON, in place of the message's own; null for an envelope without a payload
     */
    static EnvelopeWriter envelope(ReceivedMessage message, String traceId, byte[] payload) {
        EnvelopeWriter writer = new EnvelopeWriter((payload == null ? 0 : payload.length) + FIELDS_LENGTH);
        writer.write(TS);
        writer.timestamp(message.receivedAt);
        writer.text(TOPIC, message.topic);
        if (payload != null) {
            writer.write(PAYLOAD);
            writer.payloadStart = writer.length;
            writer.write(payload);
        }
        if (message.cutFrom > 0) {
            writer.number(PAYLOAD_BYTES, message.cutFrom);
        }
        if (message.qos >= 0) {
            writer.write(QOS);
            writer.write('0' + message.qos);
            writer.write(message.retained ? RETAINED : NOT_RETAINED);
        }
        if (message.redelivered) {
            writer.write(DUP);
        }
        writer.field(CLIENT_ID, message.clientId);
        writer.field(USERNAME, message.username);
        writer.field(PROTOCOL, message.protocol);
        if (!message.userProperties.isEmpty()) {
            writer.write(USER_PROPERTIES);
            char separator = '[';
            for (String[] pair : message.userProperties) {
                writer.write(separator);
                writer.text(USER_PROPERTY_KEY, pair[0]);
                writer.text(USER_PROPERTY_VALUE, pair[1]);
                writer.write('}');
                separator = ',';
            }
            writer.write(']');
        }
        writer.field(TRACE_ID, traceId);
        writer.write('}');
        return writer;
    }

    /** Puts other bytes in the place of those from {@code start} up to {@code end}. */
    static byte[] spliced(byte[] envelope, int start, int end, byte[] other) {
        byte[] out = new byte[envelope.length - (end - start) + other.length];
        System.arraycopy(envelope, 0, out, 0, start);
        System.arraycopy(other, 0, out, start, other.length);
        System.arraycopy(envelope, end, out, start + other.length, envelope.length - end);
        return out;
    }

    /**
     * Adds to an envelope what it was made of.
     *
     * @param copy the how many-th it is of those that are the same to the letter, from 1
     */
    static byte[] marked(byte[] envelope, Origin from, int copy) {
        int end = envelope.length - 1;
        while (envelope[end] != '}') {
            end--;
        }
        EnvelopeWriter writer = new EnvelopeWriter(end + 64);
        writer.write(envelope, end);
        writer.field(MAPPING, from.mapping());
        if (from.mapping() == null || from.of() > 1) {
            writer.number(PART, from.number());
        }
        if (copy > 1) {
            writer.number(COPY, copy);
        }
        writer.write('}');
        return writer.toByteArray();
    }

    /** The envelope as JSON, a copy. */
    byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** Where the payload begins in the envelope; 0 when there is none. */
    int payloadStart() {
        return payloadStart;
    }

    private void timestamp(long epochMillis) {
        write(Timestamps.second(epochMillis));
        int millis = (int) Math.floorMod(epochMillis, 1000L);
        write('0' + millis / 100);
        write('0' + millis / 10 % 10);
        write('0' + millis % 10);
    }

    private void field(byte[] name, String value) {
        if (value != null) {
            text(name, value);
        }
    }

    private void text(byte[] name, String value) {
        write(name);
        write('"');
        if (!isWrittenAsItIs(value)) {
            write(JsonStringEncoder.getInstance().quoteAsUTF8(StorableText.of(value)));
        }
        write('"');
    }

    // almost all texts are ASCII in which JSON escapes nothing
    private boolean isWrittenAsItIs(String text) {
        int characters = text.length();
        reserve(characters);
        for (int i = 0; i < characters; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
            bytes[length + i] = (byte) c;
        }
        length += characters;
        return true;
    }

    private void number(byte[] name, int value) {
        write(name);
        write(ascii(Integer.toString(value)));
    }

    private void write(byte[] part) {
        write(part, part.length);
    }

    private void write(byte[] part, int count) {
        reserve(count);
        System.arraycopy(part, 0, bytes, length, count);
        length += count;
    }

    private void write(int b) {
        reserve(1);
        bytes[length++] = (byte) b;
    }

    private void reserve(int count) {
        if (count > bytes.length - length) {
            long larger = (long) length + Math.max(count, length / 2);
            bytes = Arrays.copyOf(bytes, (int) Math.min(larger, LARGEST_ARRAY));
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
