/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import io.msgstore.devices.queue.Backlog;
import io.msgstore.devices.queue.Dequeue;
import io.msgstore.devices.queue.DrainReport;
import io.msgstore.devices.queue.DrainedRoutes;
import io.msgstore.devices.queue.QueueState;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/**
 * Binds what the routes of the queue that is drained ({@code msgstore.queue.drain}) refer to. It has a state of its own, so that
 * the queue that takes its place is not degraded or down when the server of this one is away.
 */
final class DrainBeans {
    private final Platform platform;
    private final String queue;
    private final QueueState state;

    /** @param queue value of {@code msgstore.queue.drain} */
    DrainBeans(Platform platform, String queue) {
        this.platform = platform;
        this.queue = queue;
        state = QueueState.drained(queue);
    }

    QueueState state() {
        return state;
    }

    /** Binds all but what is particular to the server. */
    void bind() {
        Settings settings = platform.settings();
        // nothing is put into it, so nothing waits for a place
        Backlog backlog = new Backlog(queue, QueueSettings.of(settings).size(), 0, platform.accounting(), state);
        Dequeue dequeue = new Dequeue(
                platform.accounting(),
                backlog,
                queue,
                StoreSettings.of(settings).largestPayload());
        platform.step(DrainedRoutes.TAKE_BATCH, dequeue::batch);
        platform.step(DrainedRoutes.TAKE_MESSAGE, dequeue::message);
        platform.bind("drainedBacklog", backlog);
        platform.bind("drainReport", new DrainReport(queue, () -> DrainedRoutes.inWork(platform.context())));
        platform.gauge(
                "msgstore.queue.drain.len",
                "Messages that wait in the queue that is drained",
                backlog,
                Backlog::length);
        platform.gauge(
                "msgstore.queue.drain.up",
                "Whether the server behind the queue that is drained answers: 1 or 0",
                state,
                one -> one.isAway() ? 0 : 1);
    }
}
