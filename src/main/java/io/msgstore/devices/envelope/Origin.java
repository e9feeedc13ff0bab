/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Where a message comes from that is made of another one.
 *
 * @param whole the message as it came
 * @param mapping name of the mapping that makes it; null for an element of an array
 * @param number which one of those that are made, from 1
 * @param of how many are made
 */
public record Origin(Envelope whole, String mapping, int number, int of) {
    /**
     * The message that a mapping makes of the whole.
     *
     * @param payload its payload, a JSON object in UTF-8
     * @param copy the how many-th of those that are the same to the letter, from 1: a database may take it for one more
     * @throws IOException if the payload is nested too deeply
     */
    public Envelope mapped(byte[] payload, int copy) throws IOException {
        byte[] json = EnvelopeWriter.marked(whole.around(payload), this, copy);
        PayloadReader found = PayloadReader.envelope(json);
        Refusal refusal = Refusal.of(found, payload, Integer.MAX_VALUE);
        return new Envelope(found, found.traceId, json, whole.receivedAt(), refusal, this);
    }

    /**
     * The message that is an element of the whole, whose payload is an array. One that is an envelope itself is taken as it is.
     *
     * @param payload the element, a JSON object in UTF-8
     * @param copy as for {@link #mapped}
     */
    public Envelope element(byte[] payload, int copy) {
        try {
            if (PayloadReader.payload(payload).isEnvelope()) {
                return Envelope.of(whole.received(payload), Integer.MAX_VALUE);
            }
            return mapped(payload, copy);
        } catch (IOException e) {
            // it was read before
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        String which = of > 1 ? "message " + number + " of " + of : "";
        if (mapping == null) {
            return which.isEmpty() ? "an array of one message" : which + " of an array";
        }
        return "mapping " + mapping + (which.isEmpty() ? "" : ", " + which);
    }
}
