/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * Reads bytes once, by a streaming parser, to see that they are JSON and to find their event. No tree is built, so a message
 * costs little more than its bytes. A JSON object with a text {@code topic}, a text {@code ts} and an object
 * {@code payload} is taken for an envelope: its event is that of the payload in it.
 */
final class PayloadReader {
    /** Of a number, up or down: beyond what a double holds. */
    static final int LARGEST_EXPONENT = 400;

    /** What is found in bytes that are no JSON. */
    static final PayloadReader NOTHING = new PayloadReader();

    private static final JsonFactory JSON = new JsonFactory();

    /** The text field {@code event} of the payload, or of the payload in the envelope; null if there is none. */
    String event;

    // of an envelope; null or 0 where it does not say so
    String topic;
    String ts;
    String clientId;
    String username;
    String traceId;
    boolean retained;
    boolean redelivered;
    /** Where the payload in an envelope begins: the first byte. */
    int payloadStart;
    /** Where the payload in an envelope ends: the first byte behind it. */
    int payloadEnd;
    /** Whether it is the envelope of a message that was made of another one. */
    boolean made;
    /** Whether a number's exponent is above {@value #LARGEST_EXPONENT}, or below the negative of that. */
    boolean hugeNumber;

    private PayloadReader() {}

    /**
     * Reads a payload, which may be an envelope itself.
     *
     * @throws IOException if it is not JSON in UTF-8
     */
    static PayloadReader payload(byte[] payload) throws IOException {
        return read(JSON, payload);
    }

    /**
     * Reads an envelope, whose payload may be nested as deeply as one that comes alone.
     *
     * @throws IOException if it is not JSON in UTF-8
     */
    static PayloadReader envelope(byte[] envelope) throws IOException {
        return read(EnvelopeReader.JSON, envelope);
    }

    private static PayloadReader read(JsonFactory json, byte[] bytes) throws IOException {
        requireUtf8(bytes);
        PayloadReader found = new PayloadReader();
        try (JsonParser parser = json.createParser(bytes)) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw new IOException("the payload is empty");
            }
            if (token == JsonToken.START_OBJECT) {
                found.readObject(parser);
            } else {
                found.skipChildren(parser);
            }
            if (parser.nextToken() != null) {
                throw new IOException("there is more than one JSON value");
            }
        }
        return found;
    }

    // The parser would take UTF-16, a byte order mark and sloppy UTF-8 as well, but the envelope around the payload's
    // bytes is UTF-8: it would be no JSON, and nor would the batch that it is in.
    private static void requireUtf8(byte[] payload) throws IOException {
        boolean ascii = true;
        for (byte b : payload) {
            if (b == 0) {
                throw new IOException("the payload holds a NUL byte");
            }
            ascii &= b > 0;
        }
        if (ascii) {
            return;
        }
        if (payload.length >= 3
                && payload[0] == (byte) 0xEF
                && payload[1] == (byte) 0xBB
                && payload[2] == (byte) 0xBF) {
            throw new IOException("the payload begins with a byte order mark");
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload));
        } catch (CharacterCodingException e) {
            throw new IOException("the payload is not UTF-8", e);
        }
    }

    private void readObject(JsonParser parser) throws IOException {
        String innerEvent = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            // of a name that stands twice the last value counts, text or not: that is how the database reads it
            switch (name) {
                case "event" -> event = text(parser);
                case "topic" -> topic = text(parser);
                case "client_id" -> clientId = text(parser);
                case "username" -> username = text(parser);
                case "trace_id" -> traceId = text(parser);
                case "ts" -> ts = text(parser);
                case "retain" -> retained = value == JsonToken.VALUE_TRUE;
                case "dup" -> redelivered = value == JsonToken.VALUE_TRUE;
                case "mapping", "part" -> made = true;
                case "payload" -> {
                    payloadEnd = 0;
                    if (value == JsonToken.START_OBJECT) {
                        payloadStart = (int) parser.currentTokenLocation().getByteOffset();
                        innerEvent = readEvent(parser);
                        payloadEnd = (int) parser.currentLocation().getByteOffset();
                    }
                }
                default -> {
                    // anything else is for SQL to read
                }
            }
            skipChildren(parser);
        }
        if (isEnvelope()) {
            event = innerEvent;
        } else {
            // names that mean something in an envelope mean nothing in a plain payload
            clientId = null;
            username = null;
            traceId = null;
            made = false;
        }
    }

    private String readEvent(JsonParser parser) throws IOException {
        String found = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("event")) {
                found = text(parser);
            }
            skipChildren(parser);
        }
        return found;
    }

    // null when it is no text
    private static String text(JsonParser parser) throws IOException {
        return parser.hasToken(JsonToken.VALUE_STRING) ? StorableText.of(parser.getText()) : null;
    }

    // Also looks at every number on the way. The database writes each digit of a number out, 131072 for 1e131071, so
    // that a small message becomes one that it spends minutes on, and that it can't read any more.
    private void skipChildren(JsonParser parser) throws IOException {
        int depth = 0;
        do {
            JsonToken token = parser.currentToken();
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else if (token == JsonToken.VALUE_NUMBER_FLOAT) {
                hugeNumber |= isHuge(parser);
            }
        } while (depth > 0 && parser.nextToken() != null);
    }

    private static boolean isHuge(JsonParser parser) throws IOException {
        char[] characters = parser.getTextCharacters();
        int start = parser.getTextOffset();
        int end = start + parser.getTextLength();
        int exponent = 0;
        int digit = 1;
        for (int i = end - 1; i > start; i--) {
            char c = characters[i];
            if (c == 'e' || c == 'E') {
                return exponent > LARGEST_EXPONENT;
            }
            if (c > '0' && c <= '9') {
                exponent = digit > LARGEST_EXPONENT ? digit : exponent + (c - '0') * digit;
            }
            digit = c == '+' || c == '-' ? digit : Math.min(digit * 10, 1000);
        }
        return false;
    }

    /** Counts white space around the payload in an envelope as a part of it, though it is none of its JSON. */
    void includeSpace(byte[] envelope) {
        while (isSpace(envelope[payloadStart - 1])) {
            payloadStart--;
        }
        while (isSpace(envelope[payloadEnd])) {
            payloadEnd++;
        }
    }

    /** Whether JSON begins with this character, after white space. */
    static boolean begins(byte[] json, int from, char character) {
        int first = from;
        while (isSpace(json[first])) {
            first++;
        }
        return json[first] == character;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    /** Whether the bytes are an envelope. */
    boolean isEnvelope() {
        return topic != null && payloadEnd > 0 && ts != null;
    }
}
