/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

/** A request that can't be understood: the message says why, for the one who sent it. */
public final class BadRequest extends Refused {
    private static final long serialVersionUID = 1L;

    public BadRequest(String message) {
        super(400, message);
    }
}
