/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

/** An edit that can't be taken up now and is tried again. */
final class NotNow extends Exception {
    private static final long serialVersionUID = 1;

    NotNow(String message, Throwable cause) {
        super(message, cause);
    }
}
