/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import io.msgstore.devices.envelope.Envelope;

/** Takes a payload that is an array apart, without changing a byte of its elements. */
final class ArrayElements {
    private static final JsonFactory JSON = new JsonFactory();

    private ArrayElements() {}

    /**
     * The elements.
     *
     * @param array a message whose payload is an array
     * @throws MappingException if one is no object, or there are none, or more than {@value Mapping#MOST}
     */
    static List<byte[]> of(Envelope array) throws MappingException {
        byte[] payload = array.payload();
        List<byte[]> elements = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(payload)) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (!parser.hasToken(JsonToken.START_OBJECT)) {
                    throw new MappingException("element " + (elements.size() + 1) + " of the array is no JSON object");
                }
                if (elements.size() == Mapping.MOST) {
                    throw new MappingException("the array has more than " + Mapping.MOST + " elements");
                }
                int from = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                elements.add(Arrays.copyOfRange(
                        payload, from, (int) parser.currentLocation().getByteOffset()));
            }
        } catch (IOException e) {
            // it was read before
            throw new UncheckedIOException(e);
        }
        if (elements.isEmpty()) {
            throw new MappingException("the array is empty");
        }
        return elements;
    }
}
