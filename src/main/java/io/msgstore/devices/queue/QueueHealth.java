/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import io.msgstore.platform.health.MsgstoreHealthCheck;

/**
 * UP when the server behind a durable queue answers, and also while messages go another way, which the detail
 * {@code degraded} then says.
 */
public final class QueueHealth extends MsgstoreHealthCheck {
    private final QueueState queue;

    public QueueHealth(QueueState queue) {
        super("queue");
        this.queue = queue;
    }

    @Override
    protected String problem() {
        return queue.isDegraded() ? null : queue.problem();
    }

    @Override
    protected String degraded() {
        return queue.isDegraded() ? queue.problem() : null;
    }
}
