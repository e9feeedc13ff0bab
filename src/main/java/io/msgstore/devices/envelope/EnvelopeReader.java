/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Reads the JSON of an envelope that is there already. */
public final class EnvelopeReader {
    /** For envelopes: one is a level deeper than its payload. */
    static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(StreamReadConstraints.DEFAULT_MAX_DEPTH + 1)
                    .build())
            .build();

    private static final ObjectMapper TREE = new ObjectMapper(JSON);
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};

    private EnvelopeReader() {}

    /**
     * Appends the payload of an envelope, JSON in UTF-8; {@code null} where it has none. What is no JSON is appended as it is: the
     * database says so, and finds out which message of a batch it is.
     */
    public static void writePayload(byte[] envelope, ByteArrayOutputStream out) {
        writeField("payload", envelope, out);
    }

    /** As {@link #writePayload}, of another field. */
    public static void writeField(String name, byte[] envelope, ByteArrayOutputStream out) {
        int start = -1;
        int end = -1;
        try (JsonParser parser = JSON.createParser(envelope)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    boolean found = parser.currentName().equals(name);
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

    /** The tree of any JSON that is nested no more deeply than an envelope. */
    static JsonNode tree(byte[] json) throws IOException {
        return TREE.readTree(json);
    }

    /** The envelope without its payload. */
    static byte[] withoutPayload(byte[] envelope) {
        try {
            ObjectNode rest = (ObjectNode) TREE.readTree(envelope);
            rest.remove("payload");
            return TREE.writeValueAsBytes(rest);
        } catch (IOException e) {
            // it was read before
            throw new UncheckedIOException(e);
        }
    }

    /** The text of its field {@code ts}. */
    static String ts(byte[] envelope) {
        try {
            return TREE.readTree(envelope).path("ts").asText();
        } catch (IOException e) {
            // it was read before
            throw new UncheckedIOException(e);
        }
    }
}
