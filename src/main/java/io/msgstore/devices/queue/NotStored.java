/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.concurrent.RejectedExecutionException;

/**
 * Messages taken from a durable queue were not stored, for no fault of theirs: a route is stopped, or msgstore stops. They
 * stay in the queue.
 */
public final class NotStored extends RejectedExecutionException {
    private static final long serialVersionUID = 1;

    public NotStored(String message) {
        super(message);
    }
}
