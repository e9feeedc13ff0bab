/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

/** A request that is understood and comes at the wrong moment: the message says why, for the one who sent it. */
public final class Conflict extends Refused {
    private static final long serialVersionUID = 1L;

    public Conflict(String message) {
        super(409, message);
    }
}
