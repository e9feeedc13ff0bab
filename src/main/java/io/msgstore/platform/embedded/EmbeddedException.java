/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

/** An embedded part can't run here. The message is for the user: what is wrong and what to do, on one line. */
public final class EmbeddedException extends RuntimeException {
    public EmbeddedException(String message) {
        super(message);
    }

    public EmbeddedException(String message, Throwable cause) {
        super(message, cause);
    }
}
