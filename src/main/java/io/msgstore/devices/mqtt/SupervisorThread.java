/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread on which a connection is supervised: it runs tasks one after another, at once or later. A task that throws is logged and
 * reported, because a scheduler drops exceptions, and with them the supervision.
 */
final class SupervisorThread {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private final ScheduledExecutorService executor;
    private final String clientId;
    private final Consumer<Throwable> failed;

    /**
     * @param executor with one thread
     * @param failed takes what a task throws, on the thread
     */
    SupervisorThread(ScheduledExecutorService executor, String clientId, Consumer<Throwable> failed) {
        this.executor = executor;
        this.clientId = clientId;
        this.failed = failed;
    }

    /**
     * Runs a task as soon as those before it are done. From any thread.
     *
     * @return false if the consumer is stopped, also when it is stopped just now; the task is not run then, or nothing depends on it
     */
    boolean execute(Runnable task) {
        try {
            executor.execute(() -> guard(task));
            // a pool of Camel discards what comes after its end, and throws nothing
            return !executor.isShutdown();
        } catch (RejectedExecutionException e) {
            LOG.debug("MQTT client '{}' is stopped", clientId);
            return false;
        }
    }

    private void guard(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            if (executor.isShutdown()) {
                return;
            }
            LOG.error("MQTT client '{}': unexpected error", clientId, e);
            failed.accept(e);
        }
    }

    /** A task that is to run later. Used on the thread only. */
    final class Timer {
        private ScheduledFuture<?> next;

        /** Sets the task that {@link #cancel} cancels. One that was set before is not cancelled by this. */
        void set(Runnable task, long millis) {
            next = executor.schedule(() -> guard(task), millis, TimeUnit.MILLISECONDS);
        }

        /** Cancels the task that was set last. */
        void cancel() {
            if (next != null) {
                next.cancel(false);
                next = null;
            }
        }
    }
}
