/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.Origin;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;

/** What {@code routes/mapping/mapping.camel.yaml} needs from Java: the making of messages out of one. */
public record MakeMessages(Mappings mappings, Accounting accounting) {
    private static final JsonFactory JSON = new JsonFactory();
    /** Variable: set where messages are to be made of this one. Also the reason of a dead letter of which none can be made. */
    public static final String MAPPING = "mapping";
    /** Variable: how many messages were made of one. */
    static final String MADE = "made";

    /** One of the messages that are accounted for, and acknowledged, together. */
    private record Part(Envelope message, Ticket ticket, Object deadLetterKey) {}

    /** Identifies the dead letter that a part may become, where the whole has such a key; as text, when that is asked for. */
    private record PartKey(Object whole, int number) {
        @Override
        public String toString() {
            return whole + "/" + number;
        }
    }

    /**
     * Makes the messages: the variable {@code made} says how many. One becomes the body; of several the body becomes a list, for
     * {@link #take}. A payload of which none can be made becomes the body, with the reason.
     */
    public void make(Exchange exchange) {
        exchange.removeVariable(MAPPING);
        Message message = exchange.getMessage();
        message.removeHeader(Headers.REASON);
        message.removeHeader(Headers.ERROR);
        Envelope whole = message.getBody(Envelope.class);
        List<Envelope> made = messages(whole);
        exchange.setVariable(MADE, made.size());
        if (made.size() == 1) {
            message.setBody(made.get(0));
        } else if (!made.isEmpty()) {
            Object key = exchange.getProperty(ExchangeProperties.DEAD_LETTER_KEY);
            List<Ticket> tickets = accounting.split(exchange, made.size());
            List<Part> parts = new ArrayList<>(made.size());
            for (int i = 0; i < made.size(); i++) {
                parts.add(new Part(made.get(i), tickets.get(i), key == null ? null : new PartKey(key, i + 1)));
            }
            message.setBody(parts);
        }
    }

    private List<Envelope> messages(Envelope whole) {
        Mapping mapping = mappings.of(whole);
        boolean array = mapping == null;
        try {
            List<byte[]> payloads = array ? elements(whole) : mapping.apply(whole);
            Map<ByteBuffer, Integer> copies = payloads.size() > 1 ? new HashMap<>() : null;
            List<Envelope> messages = new ArrayList<>(payloads.size());
            for (byte[] payload : payloads) {
                Origin origin = new Origin(whole, array ? null : mapping.name(), messages.size() + 1, payloads.size());
                int copy = copies == null ? 1 : copies.merge(ByteBuffer.wrap(payload), 1, Integer::sum);
                messages.add(array ? origin.element(payload, copy) : origin.mapped(payload, copy));
            }
            return messages;
        } catch (MappingException e) {
            return List.of(whole.refused(array ? "no-event" : MAPPING, e.getMessage()));
        } catch (IOException e) {
            // what it gives is nested more deeply than what it was given
            return List.of(whole.refused(MAPPING, "mapping " + mapping.name() + ": " + e.getMessage()));
        }
    }

    // of a payload that is an array, without changing a byte of them
    private static List<byte[]> elements(Envelope array) throws MappingException {
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

    /** Makes the part in the body the message of the exchange. */
    public void take(Exchange exchange) {
        Message message = exchange.getMessage();
        Part part = message.getBody(Part.class);
        exchange.getExchangeExtension().addOnCompletion(part.ticket);
        exchange.setProperty(Ticket.PROPERTY, part.ticket);
        exchange.setProperty(ExchangeProperties.DEAD_LETTER_KEY, part.deadLetterKey);
        message.setBody(part.message);
        message.setHeader(Headers.TRACE_ID, part.message.traceId());
    }
}
