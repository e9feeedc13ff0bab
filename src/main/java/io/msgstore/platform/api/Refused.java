/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

/** A request that is answered with a status of its own: the message says why, for the one who sent it. */
public class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /** @param status 404 for what is not there, 409 for a request that comes at the wrong moment */
    public Refused(int status, String message) {
        super(message);
        this.status = status;
    }

    int status() {
        return status;
    }
}
