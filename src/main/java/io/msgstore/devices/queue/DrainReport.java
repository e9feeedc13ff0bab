/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log how far a queue is drained: at first, every ten seconds while it is not empty, and once when it is. */
public final class DrainReport {
    private static final Logger LOG = LoggerFactory.getLogger(DrainReport.class);
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String queue;
    private final LongSupplier inWork;
    private final LongSupplier nanos;
    private boolean begun;
    private boolean empty;
    private long saidNanos;

    /**
     * @param queue value of {@code msgstore.queue.drain}
     * @param inWork messages that were taken out of it and are not yet stored
     * @param nanos as {@link System#nanoTime()}
     */
    public DrainReport(String queue, LongSupplier inWork, LongSupplier nanos) {
        this.queue = queue;
        this.inWork = inWork;
        this.nanos = nanos;
    }

    /** @param length messages in the queue; its server was just asked */
    public synchronized void length(long length) {
        long now = nanos.getAsLong();
        if (!begun) {
            begun = true;
            saidNanos = now;
            LOG.info("The queue {} is drained: {} messages", queue, length);
        }
        boolean done = length == 0 && inWork.getAsLong() == 0;
        if (done && !empty) {
            LOG.info(
                    "The queue {} is empty: msgstore.queue.drain can be taken out. Until then it is looked at, because another"
                            + " instance with the old settings may still put messages into it",
                    queue);
        } else if (!done && now - saidNanos >= EVERY_NANOS) {
            saidNanos = now;
            LOG.info("The queue {} is drained: {} messages left", queue, length);
        }
        empty = done;
    }
}
