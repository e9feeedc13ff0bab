/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

/** Something that the user can put right: the message says what, and no stack trace is shown. */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UserError(String message) {
        super(message);
    }

    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
