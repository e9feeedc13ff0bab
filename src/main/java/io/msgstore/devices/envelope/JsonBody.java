/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.ByteArrayOutputStream;

/** A body that can become an element of a batch's JSON array. */
public interface JsonBody {
    /** One JSON value in UTF-8. */
    byte[] json();

    /** Appends what {@link #json} has in the field payload; all of it where there is no envelope. */
    default void writePayload(ByteArrayOutputStream out) {
        out.writeBytes(json());
    }

    /** Whether anyone may make up its event, so that metrics must not be labelled with it. */
    default boolean mayHaveAnyEvent() {
        return false;
    }

    /** Follows the message from receipt to row. */
    String traceId();
}
