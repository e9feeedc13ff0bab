/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Accounts;

/** Says in the log what a stop waits for: at its start, every two seconds while it waits, and at its end. */
final class StopReport {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    private static final long EVERY_SECONDS = 2;

    private final Accounting accounting;
    private final Accounts start;
    private final Duration timeout;
    private final long startNanos = System.nanoTime();
    private final CountDownLatch waited = new CountDownLatch(1);

    /** @param timeout how long the stop waits for what is in flight */
    StopReport(Accounting accounting, Duration timeout) {
        this.accounting = accounting;
        this.timeout = timeout;
        start = accounting.accounts();
        LOG.info(
                "Stopping: nothing more is received; {} messages in flight, which have {} s to be stored",
                start.inFlight(),
                timeout.toSeconds());
        Thread progress = new Thread(this::progress, "stop-report");
        progress.setDaemon(true);
        progress.start();
    }

    private void progress() {
        try {
            long secondsLeft = timeout.toSeconds() - EVERY_SECONDS;
            while (!waited.await(EVERY_SECONDS, TimeUnit.SECONDS) && secondsLeft > 0) {
                LOG.info("Stopping: {} messages left, for at most {} s", left(accounting.accounts()), secondsLeft);
                secondsLeft -= EVERY_SECONDS;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The waiting is over: what is not stored by now won't be. */
    void waited() {
        waited.countDown();
    }

    /**
     * Everything is stopped.
     *
     * @param fate what becomes of those that were not finished
     */
    void stopped(String fate) {
        Accounts end = accounting.accounts();
        long finished =
                start.inFlight() + end.received() - start.received() + end.dequeued() - start.dequeued() - left(end);
        LOG.info(
                "Stopped after {} s: {} messages finished meanwhile, {} of them stored; {} {}",
                String.format("%.1f", seconds()),
                finished,
                stored(end) - stored(start),
                left(end),
                fate);
    }

    // those that failed meanwhile are no longer in flight, but not acknowledged either
    private long left(Accounts now) {
        return now.inFlight() + returned(now) - returned(start);
    }

    private static long returned(Accounts accounts) {
        return accounts.dropped().getOrDefault("returned", 0L);
    }

    private static long stored(Accounts accounts) {
        return accounts.stored().values().stream().mapToLong(Long::longValue).sum();
    }

    private double seconds() {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}
