/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

/** A request that is answered with a status of its own: the message says why, for the one who sent it. */
abstract class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    Refused(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The HTTP status. */
    int status() {
        return status;
    }
}
