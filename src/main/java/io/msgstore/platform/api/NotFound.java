/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

/** A request about something that is not there: the message says what, for the one who sent it. */
public final class NotFound extends Refused {
    private static final long serialVersionUID = 1L;

    public NotFound(String message) {
        super(404, message);
    }
}
