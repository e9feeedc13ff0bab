/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.msgstore.tracing.Tracing;

/**
 * A received message with what is known about it: what the queue carries and what SQL receives.
 *
 * <p>The payload is read once, by a streaming parser, to see that it is JSON and to find its event; the envelope is then
 * put together around the payload's own bytes. No map is built, so a message costs little more than its bytes.
 */
public final class Envelope implements JsonBody {
    private static final JsonFactory JSON = new JsonFactory();
    // an envelope is one level deeper than its payload
    private static final JsonFactory DEEPER = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(StreamReadConstraints.DEFAULT_MAX_DEPTH + 1)
                    .build())
            .build();
    private static final ObjectMapper TREE = new ObjectMapper(DEEPER);
    private static final byte[] RAW = ascii("{\"raw\":\"");
    private static final byte[] TS = ascii("{\"ts\":\"");
    private static final byte[] TOPIC = ascii("Z\",\"topic\":\"");
    private static final byte[] PAYLOAD = ascii(",\"payload\":");
    private static final byte[] PAYLOAD_BYTES = ascii(",\"payload_bytes\":");
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
    private static final byte[] MAPPING = ascii(",\"mapping\":\"");
    private static final byte[] PART = ascii(",\"part\":");
    private static final byte[] COPY = ascii(",\"copy\":");
    private static final byte[] NO_JSON = new byte[0];
    private static final byte[] NULL = ascii("null");
    private static final String NO_EVENT = "the payload has no text field \"event\"";
    // beyond what a double holds
    private static final int LARGEST_EXPONENT = 400;
    private static final String HUGE_NUMBER =
            "a number has an exponent above " + LARGEST_EXPONENT + ", or below -" + LARGEST_EXPONENT;
    // of which a database knows the time: before the year 10000
    private static final long LATEST_MILLIS = 253_402_300_799_999L;

    // null for one that was taken from a queue
    private final Source source;
    private final String topic;
    // as it came; null where it is the part of json from payloadStart to payloadEnd, so that the bytes of a message are
    // held once
    private final byte[] payload;
    // where the payload is in json; the inner one, if json came as an envelope
    private final int payloadStart;
    private final int payloadEnd;
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
    private final boolean complete;
    // null for a message as it came
    private final Origin origin;

    private Envelope(Source source, Content content, byte[] json, String reason, String error) {
        this.source = source;
        this.topic = source.topic;
        boolean within = json != source.payload && json.length > 0;
        boolean envelope = json == source.payload;
        this.payload = within ? null : source.payload;
        this.payloadStart = within ? source.payloadStart : envelope ? content.payloadStart : 0;
        this.payloadEnd = within ? source.payloadStart + source.payload.length : envelope ? content.payloadEnd : 0;
        source.payload = payload;
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
        this.complete = content.marked && content.isEnvelope();
        this.origin = null;
    }

    // one of ours, taken from a queue or made of another
    private Envelope(Content content, byte[] json, long receivedAt, String reason, String error, Origin origin) {
        this.source = null;
        this.topic = content.topic;
        this.payload = null;
        this.payloadStart = content.payloadStart;
        this.payloadEnd = content.payloadEnd;
        this.json = json;
        this.receivedAt = receivedAt;
        this.retained = content.retained;
        this.redelivered = content.redelivered;
        this.event = content.event;
        this.clientId = content.clientId;
        this.username = content.username;
        this.traceId = content.traceId;
        this.reason = reason;
        this.error = error;
        this.complete = content.marked;
        this.origin = origin;
    }

    // the same message with another reason why it can't be stored
    private Envelope(Envelope other, String reason, String error) {
        this.source = other.source;
        this.topic = other.topic;
        this.payload = other.payload;
        this.payloadStart = other.payloadStart;
        this.payloadEnd = other.payloadEnd;
        this.json = other.json;
        this.receivedAt = other.receivedAt;
        this.retained = other.retained;
        this.redelivered = other.redelivered;
        this.event = other.event;
        this.clientId = other.clientId;
        this.username = other.username;
        this.traceId = other.traceId;
        this.reason = reason;
        this.error = error;
        this.complete = true;
        this.origin = other.origin;
    }

    /**
     * Where a message comes from that was made of another one.
     *
     * @param whole the message as it came
     * @param mapping name of the mapping that made it; null for an element of an array
     * @param number which one of those that were made, from 1
     * @param of how many were made
     */
    public record Origin(Envelope whole, String mapping, int number, int of) {
        @Override
        public String toString() {
            String which = of > 1 ? "message " + number + " of " + of : "";
            if (mapping == null) {
                return which.isEmpty() ? "an array of one message" : which + " of an array";
            }
            return "mapping " + mapping + (which.isEmpty() ? "" : ", " + which);
        }
    }

    /**
     * What a source tells about a message. Anything but topic and payload may be left out.
     */
    public static final class Source {
        private final String topic;
        private byte[] payload;
        private int payloadStart;
        private int cutFrom;
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

        private Source with(byte[] otherPayload) {
            Source copy = new Source(topic, otherPayload);
            copy.receivedAt = receivedAt;
            copy.qos = qos;
            copy.retained = retained;
            copy.redelivered = redelivered;
            copy.clientId = clientId;
            copy.username = username;
            copy.protocol = protocol;
            copy.traceId = traceId;
            copy.userProperties = userProperties;
            return copy;
        }

        /** @param millis milliseconds since the epoch; now if not set */
        public Source receivedAt(long millis) {
            this.receivedAt = millis;
            return this;
        }

        /** @param payloadBytes of the payload as it was sent, where only its beginning is there; 0 where all of it is */
        public Source cutFrom(int payloadBytes) {
            this.cutFrom = payloadBytes;
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
        private String ts;
        private boolean object;
        private boolean payloadObject;
        private boolean retained;
        private boolean redelivered;
        private boolean hugeNumber;
        private boolean marked;
        private int payloadStart;
        private int payloadEnd;

        boolean isEnvelope() {
            return topic != null && payloadObject && ts != null;
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
        if (source.cutFrom > 0) {
            return new Envelope(
                    source,
                    new Content(),
                    NO_JSON,
                    "too-large",
                    source.cutFrom + " bytes of payload, of which the first " + source.payload.length
                            + " are kept: it is above msgstore.max-payload-bytes and what msgstore.max-in-flight-bytes"
                            + " allows one message");
        }
        Content content;
        try {
            content = read(JSON, source.payload);
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
            return new Envelope(source, content, NO_JSON, "bad-data", HUGE_NUMBER);
        }
        byte[] json = content.isEnvelope() ? source.payload : write(source, source.payload);
        if (source.payload.length > maxPayloadBytes) {
            return new Envelope(source, content, json, "too-large", tooLarge(source.payload.length, maxPayloadBytes));
        }
        if (content.event == null) {
            String error = content.object ? NO_EVENT : "the payload is no JSON object";
            return new Envelope(source, content, json, "no-event", error);
        }
        return new Envelope(source, content, json, null, null);
    }

    /**
     * A message as a durable queue keeps it, for {@link #taken}: the envelope, or, where that would not tell all of it (a
     * payload that is not JSON, or an envelope itself), an object with the payload in base64 and what was known about it.
     */
    public byte[] queued() {
        if (source == null || reason == null && json != source.payload) {
            return json;
        }
        byte[] rest = jsonWithoutPayload();
        ByteArrayBuilder out = new ByteArrayBuilder(rest.length + payload().length * 4 / 3 + RAW.length + 8);
        out.write(RAW);
        out.write(Base64.getEncoder().encode(payload()));
        out.append('"');
        out.append(',');
        out.write(rest, 1, rest.length - 1);
        return out.toByteArray();
    }

    /**
     * A message that was taken from a durable queue. Never fails: what msgstore has not put there itself is taken for the
     * payload of a message, of that topic.
     *
     * @param bytes what {@link #queued} gave, or something else
     * @param queue where it was, the topic of what has none
     * @param maxPayloadBytes payloads above this are {@code too-large}
     */
    public static Envelope taken(byte[] bytes, String queue, int maxPayloadBytes) {
        try {
            if (bytes.length > RAW.length && Arrays.equals(bytes, 0, RAW.length, RAW, 0, RAW.length)) {
                return of(source(bytes), maxPayloadBytes);
            }
            Content content = read(DEEPER, bytes);
            if (content.isEnvelope() && content.event != null && !content.hugeNumber) {
                long receivedAt = receivedAt(content.ts);
                includeSpace(bytes, content);
                int size = content.payloadEnd - content.payloadStart;
                if (content.traceId == null) {
                    content.traceId = newTraceId();
                }
                return new Envelope(
                        content,
                        bytes,
                        receivedAt,
                        size > maxPayloadBytes ? "too-large" : null,
                        size > maxPayloadBytes ? tooLarge(size, maxPayloadBytes) : null,
                        null);
            }
        } catch (IOException | DateTimeException | IllegalArgumentException e) {
            // not by us: the reason is found below
        }
        return of(new Source(queue, bytes), maxPayloadBytes);
    }

    /**
     * A message that a mapping made of this one.
     *
     * @param content its payload, a JSON object in UTF-8
     * @param copy the how many-th of those that are the same to the letter, from 1: a database may take it for one more
     * @throws IOException if the payload is nested too deeply
     */
    public Envelope mapped(byte[] content, Origin from, int copy) throws IOException {
        byte[] bytes = marked(around(content), from, copy);
        Content found = read(DEEPER, bytes);
        String why = found.hugeNumber ? HUGE_NUMBER : found.event == null ? NO_EVENT : null;
        return new Envelope(
                found, bytes, receivedAt, why == null ? null : found.hugeNumber ? "bad-data" : "no-event", why, from);
    }

    /**
     * A message that is an element of this one, whose payload is an array. One that is an envelope itself is taken as it is.
     *
     * @param content the element, a JSON object in UTF-8
     * @param copy as for {@link #mapped}
     */
    public Envelope element(byte[] content, Origin from, int copy) {
        try {
            if (read(JSON, content).isEnvelope()) {
                return of(source.with(content), Integer.MAX_VALUE);
            }
            return mapped(content, from, copy);
        } catch (IOException e) {
            // it was read before
            throw new UncheckedIOException(e);
        }
    }

    /** The same message, which can't be stored for this reason. */
    public Envelope refused(String why, String details) {
        return new Envelope(this, why, details);
    }

    // the envelope with another payload
    private byte[] around(byte[] content) {
        if (payloadEnd == 0) {
            return write(source, content);
        }
        byte[] out = new byte[json.length - (payloadEnd - payloadStart) + content.length];
        System.arraycopy(json, 0, out, 0, payloadStart);
        System.arraycopy(content, 0, out, payloadStart, content.length);
        System.arraycopy(json, payloadEnd, out, payloadStart + content.length, json.length - payloadEnd);
        return out;
    }

    private static byte[] marked(byte[] envelope, Origin from, int copy) {
        int end = envelope.length - 1;
        while (envelope[end] != '}') {
            end--;
        }
        ByteArrayBuilder out = new ByteArrayBuilder(end + 64);
        out.write(envelope, 0, end);
        field(out, MAPPING, from.mapping);
        if (from.mapping == null || from.of > 1) {
            out.write(PART);
            out.write(ascii(Integer.toString(from.number)));
        }
        if (copy > 1) {
            out.write(COPY);
            out.write(ascii(Integer.toString(copy)));
        }
        out.append('}');
        return out.toByteArray();
    }

    private static long receivedAt(String ts) {
        long millis;
        try {
            millis = Second.millis(ts);
        } catch (ArithmeticException e) {
            throw new DateTimeException("no message was received at " + ts, e);
        }
        if (millis < 0 || millis > LATEST_MILLIS) {
            throw new DateTimeException("no message was received at " + ts);
        }
        return millis;
    }

    // white space around a payload is part of it, though not of its JSON
    private static void includeSpace(byte[] json, Content content) {
        while (isSpace(json[content.payloadStart - 1])) {
            content.payloadStart--;
        }
        while (isSpace(json[content.payloadEnd])) {
            content.payloadEnd++;
        }
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    // The payload is not read as JSON: it may be larger than the text that a parser takes.
    private static Source source(byte[] queued) throws IOException {
        int end = RAW.length;
        while (end < queued.length && queued[end] != '"') {
            end++;
        }
        if (end + 1 >= queued.length || queued[end + 1] != ',') {
            throw new IllegalArgumentException("no field behind the payload");
        }
        byte[] rest = Arrays.copyOfRange(queued, end + 1, queued.length);
        rest[0] = '{';
        JsonNode known = TREE.readTree(rest);
        if (!known.path("topic").isTextual() || !known.path("trace_id").isTextual()) {
            throw new IllegalArgumentException("no topic, or no trace id");
        }
        byte[] payload = Base64.getDecoder().decode(Arrays.copyOfRange(queued, RAW.length, end));
        Source source = new Source(known.path("topic").asText(), payload)
                .receivedAt(receivedAt(known.path("ts").asText()))
                .qos(known.path("qos").asInt(-1))
                .retained(known.path("retain").asBoolean())
                .redelivered(known.path("dup").asBoolean())
                .cutFrom(known.path("payload_bytes").asInt())
                .protocol(known.path("protocol").asText(null));
        List<String[]> pairs = new ArrayList<>();
        known.path("user_properties")
                .forEach(pair -> pairs.add(
                        new String[] {pair.path("k").asText(), pair.path("v").asText()}));
        return source.userProperties(pairs)
                .clientId(known.path("client_id").asText(null))
                .username(known.path("username").asText(null))
                .traceId(known.path("trace_id").asText(null));
    }

    private static String tooLarge(int bytes, int maxPayloadBytes) {
        return bytes + " bytes of payload, above the " + maxPayloadBytes + " of msgstore.max-payload-bytes";
    }

    private static Content read(JsonFactory json, byte[] payload) throws IOException {
        Content content = new Content();
        requireUtf8(payload);
        try (JsonParser parser = json.createParser(payload)) {
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
                case "ts" -> content.ts = text(parser);
                case "retain" -> content.retained = value == JsonToken.VALUE_TRUE;
                case "dup" -> content.redelivered = value == JsonToken.VALUE_TRUE;
                case "mapping", "part" -> content.marked = true;
                case "payload" -> {
                    content.payloadObject = value == JsonToken.START_OBJECT;
                    if (content.payloadObject) {
                        content.payloadStart =
                                (int) parser.currentTokenLocation().getByteOffset();
                        innerEvent = readEvent(parser, content);
                        content.payloadEnd = (int) parser.currentLocation().getByteOffset();
                    }
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
            source.payloadStart = out.size();
            out.write(payload);
        }
        if (source.cutFrom > 0) {
            out.write(PAYLOAD_BYTES);
            out.write(ascii(Integer.toString(source.cutFrom)));
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
        private static final int LENGTH = "2026-01-23T17:00:00.".length();
        private static final DateTimeFormatter SECONDS =
                DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);
        // the one that was written last, and the one that was read last, which may be hours old
        private static volatile Second latest = new Second(Long.MIN_VALUE, new byte[0]);
        private static volatile Second read = latest;

        static Second of(long millis) {
            long epochSecond = Math.floorDiv(millis, 1000L);
            Second known = latest;
            if (known.epochSecond != epochSecond) {
                known = new Second(epochSecond, ascii(SECONDS.format(Instant.ofEpochSecond(epochSecond))));
                latest = known;
            }
            return known;
        }

        /** The time that a timestamp says, milliseconds since the epoch; reads one as msgstore writes it in little time. */
        static long millis(String timestamp) {
            Second known = read;
            if (timestamp.length() == LENGTH + 4 && timestamp.charAt(LENGTH + 3) == 'Z' && known.begins(timestamp)) {
                int millis = 0;
                for (int i = LENGTH; i < LENGTH + 3; i++) {
                    int digit = timestamp.charAt(i) - '0';
                    if (digit < 0 || digit > 9) {
                        return Instant.parse(timestamp).toEpochMilli();
                    }
                    millis = millis * 10 + digit;
                }
                return known.epochSecond * 1000 + millis;
            }
            long millis = Instant.parse(timestamp).toEpochMilli();
            long epochSecond = Math.floorDiv(millis, 1000L);
            read = new Second(epochSecond, ascii(SECONDS.format(Instant.ofEpochSecond(epochSecond))));
            return millis;
        }

        private boolean begins(String timestamp) {
            if (text.length != LENGTH) {
                return false;
            }
            for (int i = 0; i < LENGTH; i++) {
                if (timestamp.charAt(i) != text[i]) {
                    return false;
                }
            }
            return true;
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
        return payload != null ? payload : Arrays.copyOfRange(json, payloadStart, payloadEnd);
    }

    /** The payload that it is about: that in the payload, where the payload is an envelope itself. */
    public byte[] content() {
        return payloadEnd > 0 ? Arrays.copyOfRange(json, payloadStart, payloadEnd) : payload();
    }

    /** Whether the payload is a JSON array, and that is all that is wrong with it. */
    public boolean isArray() {
        if (source == null || payload != null || !"no-event".equals(reason)) {
            return false;
        }
        int first = payloadStart;
        while (isSpace(json[first])) {
            first++;
        }
        return json[first] == '[';
    }

    /** Where it comes from, where it was made of another message; else null. */
    public Origin origin() {
        return origin;
    }

    /** Whether no message is to be made of it: it was made of another, by whichever msgstore, or is {@link #refused}. */
    public boolean isComplete() {
        return complete;
    }

    /** The envelope as JSON in UTF-8; empty when the payload is not JSON. */
    @Override
    public byte[] json() {
        return json;
    }

    @Override
    public void writePayload(ByteArrayOutputStream out) {
        out.write(json, payloadStart, payloadEnd - payloadStart);
    }

    /**
     * Appends the payload of an envelope, JSON in UTF-8; {@code null} where it has none. What is no JSON is appended as it is: the
     * database says so, and finds out which message of a batch it is.
     */
    public static void writePayload(byte[] envelope, ByteArrayOutputStream out) {
        int start = -1;
        int end = -1;
        try (JsonParser parser = DEEPER.createParser(envelope)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    boolean found = parser.currentName().equals("payload");
                    parser.nextToken();
                    // of a name that stands twice the last value counts
                    start = found ? (int) parser.currentTokenLocation().getByteOffset() : start;
                    parser.skipChildren();
                    parser.finishToken();
                    end = found ? (int) parser.currentLocation().getByteOffset() : end;
                }
            }
        } catch (IOException e) {
            out.writeBytes(envelope);
            return;
        }
        if (start < 0) {
            out.writeBytes(NULL);
        } else {
            out.write(envelope, start, end - start);
        }
    }

    /** The envelope without its payload, as JSON: for a payload that JSON or the database can't hold. */
    public byte[] jsonWithoutPayload() {
        if (source != null) {
            return write(source, null);
        }
        try {
            ObjectNode rest = (ObjectNode) TREE.readTree(json);
            rest.remove("payload");
            return TREE.writeValueAsBytes(rest);
        } catch (IOException e) {
            // it was read before
            throw new UncheckedIOException(e);
        }
    }

    /** When the message was received, as the envelope says it. */
    public String ts() {
        if (source == null || payload != null && payloadEnd > 0) {
            try {
                return TREE.readTree(json).path("ts").asText();
            } catch (IOException e) {
                // it was read before
                throw new UncheckedIOException(e);
            }
        }
        return Instant.ofEpochMilli(receivedAt).toString();
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
        return new String(json.length > 0 ? json : payload, StandardCharsets.UTF_8);
    }
}
