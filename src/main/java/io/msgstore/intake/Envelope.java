/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;

import io.msgstore.tracing.Tracing;

/**
 * A received message with what is known about it: what the queue carries and what SQL receives.
 *
 * <p>The payload is read once, by a streaming parser, to see that it is JSON and to find its event; the envelope is then
 * put together around the payload's own bytes. No map is built, so a message costs little more than its bytes.
 */
public final class Envelope implements JsonBody {
    private static final JsonFactory JSON = new JsonFactory();
    private static final byte[] TS = ascii("{\"ts\":\"");
    private static final byte[] TOPIC = ascii("Z\",\"topic\":\"");
    private static final byte[] PAYLOAD = ascii(",\"payload\":");
    private static final byte[] QOS = ascii(",\"qos\":");
    private static final byte[] RETAINED = ascii(",\"retain\":true");
    private static final byte[] NOT_RETAINED = ascii(",\"retain\":false");
    private static final byte[] DUP = ascii(",\"dup\":true");
    private static final byte[] CLIENT_ID = ascii(",\"client_id\":\"");
    private static final byte[] USERNAME = ascii(",\"username\":\"");
    private static final byte[] PROTOCOL = ascii(",\"protocol\":\"");
    private static final byte[] USER_PROPERTIES = ascii(",\"user_properties\":");
    private static final byte[] USER_PROPERTY_KEY = ascii("{\"k\":\"");
    private static final byte[] USER_PROPERTY_VALUE = ascii(",\"v\":\"");
    private static final byte[] TRACE_ID = ascii(",\"trace_id\":\"");
    private static final byte[] NO_JSON = new byte[0];
    // beyond what a double holds
    private static final int LARGEST_EXPONENT = 400;

    private final Source source;
    private final String topic;
    private final byte[] payload;
    private final byte[] json;
    private final long receivedAt;
    private final boolean retained;
    private final boolean redelivered;
    private final String event;
    private final String clientId;
    private final String username;
    private final String traceId;
    private final String reason;
    private final String error;

    private Envelope(Source source, Content content, byte[] json, String reason, String error) {
        this.source = source;
        this.topic = source.topic;
        this.payload = source.payload;
        this.receivedAt = source.receivedAt;
        this.retained = source.retained;
        this.redelivered = source.redelivered;
        this.clientId = content.clientId != null ? content.clientId : source.clientId;
        this.username = content.username != null ? content.username : source.username;
        this.traceId = content.traceId != null ? content.traceId : source.traceId;
        source.clientId = clientId;
        source.username = username;
        source.traceId = traceId;
        this.event = content.event;
        this.json = json;
        this.reason = reason;
        this.error = error;
    }

    /**
     * What a source tells about a message. Anything but topic and payload may be left out.
     */
    public static final class Source {
        private final String topic;
        private final byte[] payload;
        private long receivedAt = System.currentTimeMillis();
        private int qos = -1;
        private boolean retained;
        private boolean redelivered;
        private String clientId;
        private String username;
        private String protocol;
        private String traceId;
        private List<String[]> userProperties = List.of();

        /**
         * @param topic the topic it was published to
         * @param payload its bytes, not copied
         */
        public Source(String topic, byte[] payload) {
            this.topic = topic;
            this.payload = payload;
        }

        /** @param millis milliseconds since the epoch; now if not set */
        public Source receivedAt(long millis) {
            this.receivedAt = millis;
            return this;
        }

        public Source qos(int value) {
            this.qos = value;
            return this;
        }

        public Source retained(boolean value) {
            this.retained = value;
            return this;
        }

        /** @param value whether the broker says that it may have delivered this message before */
        public Source redelivered(boolean value) {
            this.redelivered = value;
            return this;
        }

        public Source protocol(String value) {
            this.protocol = value;
            return this;
        }

        /** @param value the publisher's client id; may be null */
        public Source clientId(String value) {
            this.clientId = value;
            return this;
        }

        /** @param value the publisher's user name; may be null */
        public Source username(String value) {
            this.username = value;
            return this;
        }

        /** @param value the trace id that it has already; a new one is made when it is null */
        public Source traceId(String value) {
            this.traceId = value;
            return this;
        }

        /** @param value a {@code traceparent}, whose trace the message is in unless it has a trace id of its own */
        public Source parent(String value) {
            if (traceId == null) {
                traceId = Tracing.traceId(value).orElse(null);
            }
            return this;
        }

        /**
         * @param pairs name and value each; {@code username}, {@code client_id}, {@code trace_id} and {@code traceparent} are
         *     looked for
         */
        public Source userProperties(List<String[]> pairs) {
            this.userProperties = pairs;
            for (String[] pair : pairs) {
                switch (pair[0]) {
                    case "username" -> username = pair[1];
                    case "client_id" -> clientId = pair[1];
                    case "trace_id" -> traceId = pair[1];
                    case Tracing.PARENT -> parent(pair[1]);
                    default -> {
                        // carried in the envelope, of no meaning to msgstore
                    }
                }
            }
            return this;
        }
    }

    /** What one pass over the payload finds. */
    private static final class Content {
        private String event;
        private String topic;
        private String clientId;
        private String username;
        private String traceId;
        private boolean object;
        private boolean payloadObject;
        private boolean timestamp;
        private boolean hugeNumber;

        boolean isEnvelope() {
            return topic != null && payloadObject && timestamp;
        }
    }

    /**
     * Puts a message into its envelope. Never fails: what can't be stored has a {@link #reason()} afterwards.
     *
     * @param source the message as it came
     * @param maxPayloadBytes payloads above this are {@code too-large}
     */
    public static Envelope of(Source source, int maxPayloadBytes) {
        if (source.traceId == null) {
            source.traceId = newTraceId();
        }
        Content content;
        try {
            content = read(source.payload);
        } catch (IOException e) {
            String message = e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.getMessage();
            return new Envelope(source, new Content(), NO_JSON, "not-json", message);
        }
        if (!content.isEnvelope()) {
            // names that mean something in an envelope mean nothing in a plain payload
            content.clientId = null;
            content.username = null;
            content.traceId = null;
        }
        if (content.hugeNumber) {
            return new Envelope(
                    source,
                    content,
                    NO_JSON,
                    "bad-data",
                    "a number has an exponent above " + LARGEST_EXPONENT + ", or below -" + LARGEST_EXPONENT);
        }
        byte[] json = content.isEnvelope() ? source.payload : write(source, source.payload);
        if (source.payload.length > maxPayloadBytes) {
            return new Envelope(
                    source,
                    content,
                    json,
                    "too-large",
                    source.payload.length + " bytes of payload, above the " + maxPayloadBytes
                            + " of msgstore.max-payload-bytes");
        }
        if (content.event == null) {
            String error = content.object ? "the payload has no text field \"event\"" : "the payload is no JSON object";
            return new Envelope(source, content, json, "no-event", error);
        }
        return new Envelope(source, content, json, null, null);
    }

    private static Content read(byte[] payload) throws IOException {
        Content content = new Content();
        requireUtf8(payload);
        try (JsonParser parser = JSON.createParser(payload)) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw new IOException("the payload is empty");
            }
            if (token == JsonToken.START_OBJECT) {
                content.object = true;
                readObject(parser, content);
            } else {
                skipChildren(parser, content);
            }
            if (parser.nextToken() != null) {
                throw new IOException("there is more than one JSON value");
            }
        }
        return content;
    }

    // The parser would take UTF-16, a byte order mark and sloppy UTF-8 as well, but the envelope around the payload's
    // bytes
    // is UTF-8: it would be no JSON, and nor would the batch that it is in.
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

    private static void readObject(JsonParser parser, Content content) throws IOException {
        String innerEvent = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            // of a name that stands twice the last value counts, text or not: that is how the database reads it
            switch (name) {
                case "event" -> content.event = text(parser);
                case "topic" -> content.topic = text(parser);
                case "client_id" -> content.clientId = text(parser);
                case "username" -> content.username = text(parser);
                case "trace_id" -> content.traceId = text(parser);
                case "ts" -> content.timestamp = value == JsonToken.VALUE_STRING;
                case "payload" -> {
                    content.payloadObject = value == JsonToken.START_OBJECT;
                    innerEvent = content.payloadObject ? readEvent(parser, content) : null;
                }
                default -> {
                    // anything else is for SQL to read
                }
            }
            skipChildren(parser, content);
        }
        if (content.isEnvelope()) {
            content.event = innerEvent;
        }
    }

    // null when it is no text
    private static String text(JsonParser parser) throws IOException {
        return parser.hasToken(JsonToken.VALUE_STRING) ? storable(parser.getText()) : null;
    }

    /** The text with a replacement for what UTF-8 and SQL can't hold: a NUL, half of a surrogate pair. */
    public static String storable(String text) {
        if (text == null) {
            return null;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return new String(
                        text.replace('\u0000', '\uFFFD').getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }

    // Also looks at every number on the way. The database writes each digit of a number out, 131072 for 1e131071, so
    // that a
    // small message becomes one that it spends minutes on, and that it can't read any more.
    private static void skipChildren(JsonParser parser, Content content) throws IOException {
        int depth = 0;
        do {
            JsonToken token = parser.currentToken();
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else if (token == JsonToken.VALUE_NUMBER_FLOAT) {
                content.hugeNumber |= isHuge(parser);
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

    private static String readEvent(JsonParser parser, Content content) throws IOException {
        String event = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("event")) {
                event = text(parser);
            }
            skipChildren(parser, content);
        }
        return event;
    }

    private static byte[] write(Source source, byte[] payload) {
        ByteArrayBuilder out = new ByteArrayBuilder((payload == null ? 0 : payload.length) + 256);
        out.write(TS);
        out.write(Second.of(source.receivedAt).text);
        int millis = (int) Math.floorMod(source.receivedAt, 1000L);
        out.append('0' + millis / 100);
        out.append('0' + millis / 10 % 10);
        out.append('0' + millis % 10);
        text(out, TOPIC, source.topic);
        if (payload != null) {
            out.write(PAYLOAD);
            out.write(payload);
        }
        if (source.qos >= 0) {
            out.write(QOS);
            out.append('0' + source.qos);
            out.write(source.retained ? RETAINED : NOT_RETAINED);
        }
        if (source.redelivered) {
            out.write(DUP);
        }
        field(out, CLIENT_ID, source.clientId);
        field(out, USERNAME, source.username);
        field(out, PROTOCOL, source.protocol);
        if (!source.userProperties.isEmpty()) {
            out.write(USER_PROPERTIES);
            char separator = '[';
            for (String[] pair : source.userProperties) {
                out.append(separator);
                text(out, USER_PROPERTY_KEY, pair[0]);
                text(out, USER_PROPERTY_VALUE, pair[1]);
                out.append('}');
                separator = ',';
            }
            out.append(']');
        }
        field(out, TRACE_ID, source.traceId);
        out.append('}');
        return out.toByteArray();
    }

    private static void field(ByteArrayBuilder out, byte[] before, String value) {
        if (value != null) {
            text(out, before, value);
        }
    }

    private static void text(ByteArrayBuilder out, byte[] before, String value) {
        out.write(before);
        out.write(JsonStringEncoder.getInstance().quoteAsUTF8(storable(value)));
        out.append('"');
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The beginning of a timestamp in UTC, up to the dot, which thousands of messages have in common. */
    private record Second(long epochSecond, byte[] text) {
        private static final DateTimeFormatter SECONDS =
                DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);
        private static volatile Second latest = new Second(Long.MIN_VALUE, new byte[0]);

        static Second of(long millis) {
            long epochSecond = Math.floorDiv(millis, 1000L);
            Second known = latest;
            if (known.epochSecond != epochSecond) {
                known = new Second(epochSecond, ascii(SECONDS.format(Instant.ofEpochSecond(epochSecond))));
                latest = known;
            }
            return known;
        }
    }

    private static String newTraceId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        byte[] digits = new byte[32];
        hexadecimal(digits, 0, random.nextLong());
        hexadecimal(digits, 16, random.nextLong());
        return new String(digits, StandardCharsets.ISO_8859_1);
    }

    private static void hexadecimal(byte[] digits, int from, long value) {
        long rest = value;
        for (int i = from + 15; i >= from; i--) {
            digits[i] = (byte) Character.forDigit((int) (rest & 15), 16);
            rest >>>= 4;
        }
    }

    /** The topic that the message came on. */
    public String topic() {
        return topic;
    }

    /** The payload as it came. */
    public byte[] payload() {
        return payload;
    }

    /** The envelope as JSON in UTF-8; empty when the payload is not JSON. */
    @Override
    public byte[] json() {
        return json;
    }

    /** The envelope without its payload, as JSON: for a payload that JSON or the database can't hold. */
    public byte[] jsonWithoutPayload() {
        return write(source, null);
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
        return reason;
    }

    /** The error behind {@link #reason()}, or null. */
    public String error() {
        return error;
    }

    @Override
    public String toString() {
        return json.length > 0 ? new String(json, StandardCharsets.UTF_8) : new String(payload, StandardCharsets.UTF_8);
    }
}
