/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.IOException;

import com.fasterxml.jackson.core.JsonProcessingException;

/**
 * Why a message can't be stored whatever the database says.
 *
 * @param reason one of the dead-letter reasons
 * @param error what is wrong, for people
 */
record Refusal(String reason, String error) {
    private static final Refusal NO_EVENT = new Refusal("no-event", "the payload has no text field \"event\"");
    private static final Refusal NO_OBJECT = new Refusal("no-event", "the payload is no JSON object");
    private static final Refusal HUGE_NUMBER = new Refusal(
            "bad-data",
            "a number has an exponent above " + PayloadReader.LARGEST_EXPONENT + ", or below -"
                    + PayloadReader.LARGEST_EXPONENT);

    static Refusal notJson(IOException e) {
        return new Refusal(
                "not-json", e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage());
    }

    /**
     * Of a payload that is JSON; null if it can be stored.
     *
     * @param found what was read of it
     */
    static Refusal of(PayloadReader found, byte[] payload, int maxPayloadBytes) {
        if (found.hugeNumber) {
            return HUGE_NUMBER;
        }
        if (payload.length > maxPayloadBytes) {
            return ofSize(payload.length, maxPayloadBytes);
        }
        if (found.event == null) {
            return PayloadReader.begins(payload, 0, '{') ? NO_EVENT : NO_OBJECT;
        }
        return null;
    }

    /** Of a payload of so many bytes; null if they are not too many. */
    static Refusal ofSize(int bytes, int maxPayloadBytes) {
        return bytes > maxPayloadBytes
                ? new Refusal(
                        "too-large",
                        bytes + " bytes of payload, above the " + maxPayloadBytes + " of msgstore.max-payload-bytes")
                : null;
    }

    /** Of a message whose payload was too large to be held. */
    static Refusal cut(ReceivedMessage message) {
        return new Refusal(
                "too-large",
                message.cutFrom + " bytes of payload, of which the first " + message.payload.length
                        + " are kept: it is above msgstore.max-payload-bytes and what msgstore.max-in-flight-bytes"
                        + " allows one message");
    }
}
