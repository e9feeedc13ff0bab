/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.UncheckedIOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Asks msgstore once a second whether its accounts add up, for as long as it answers. */
final class Sampler implements AutoCloseable {
    private static final long PERIOD_MS = 1000;

    private final Scene scene;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sampler");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long samples;
    private volatile long unbalanced;

    Sampler(Scene scene) {
        this.scene = scene;
        timer.scheduleAtFixedRate(this::sample, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    long samples() {
        return samples;
    }

    long unbalanced() {
        return unbalanced;
    }

    private void sample() {
        try {
            // taken under one lock with all that it is made of, so it is exact at any moment
            double unaccounted = scene.msgstore().metric("msgstore_unaccounted");
            samples++;
            if (unaccounted != 0) {
                unbalanced++;
            }
        } catch (UncheckedIOException e) {
            // killed, stopped or frozen: the next one
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
