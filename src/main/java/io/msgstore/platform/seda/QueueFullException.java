/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.seda;

import java.util.concurrent.RejectedExecutionException;

/**
 * A queue has no place for a message. Without a stack trace, which would cost more than the message: an overload raises one
 * for each.
 */
public class QueueFullException extends RejectedExecutionException {
    private static final long serialVersionUID = 1;

    QueueFullException(String message) {
        super(message);
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
