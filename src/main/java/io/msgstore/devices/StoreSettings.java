/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.List;

import io.msgstore.platform.config.Settings;

/**
 * What is set of the way from the queue to the database.
 *
 * @param topics filters of the subscription
 * @param acknowledgesOnCommit whether a message is acknowledged when it is committed, and not when it is in the queue
 * @param largestPayload in bytes
 * @param workers that take messages from the queue
 * @param batchSize messages in a batch, at most
 * @param holds whether an outage of the database is waited for, however long
 */
public record StoreSettings(
        List<String> topics,
        boolean acknowledgesOnCommit,
        int largestPayload,
        int workers,
        int batchSize,
        boolean holds) {
    /** Fewer in flight would leave small batches waiting for one another. */
    private static final int LEAST_IN_FLIGHT = 1000;

    public static StoreSettings of(Settings settings) {
        return new StoreSettings(
                settings.list("msgstore.mqtt.topics"),
                settings.text("msgstore.ack").equals("on-commit"),
                settings.number("msgstore.max-payload-bytes"),
                settings.number("msgstore.workers"),
                settings.number("msgstore.batch-size"),
                settings.text("msgstore.on-outage").equals("hold"));
    }

    /**
     * Messages in flight above which no more are read while some wait for workers: for each worker a batch, and one that fills
     * meanwhile. Small batches still go through the stages in numbers.
     */
    int enoughInFlight() {
        return Math.max(LEAST_IN_FLIGHT, (workers + 1) * batchSize);
    }
}
