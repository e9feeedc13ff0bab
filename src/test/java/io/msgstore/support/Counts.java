/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** What msgstore's metrics page says became of the messages. */
public record Counts(
        long received,
        long stored,
        long duplicate,
        long filtered,
        long ignored,
        long dropped,
        long dead,
        long inFlight,
        long unaccounted) {

    private static final Duration LIMIT = Limits.LIMIT;

    /** Reads one counter after the other: exact only while nothing moves. */
    public static Counts of(MsgstoreProcess msgstore) {
        return new Counts(
                (long) msgstore.metric("msgstore_received_total"),
                (long) msgstore.metric("msgstore_write_ok_total"),
                (long) msgstore.metric("msgstore_duplicate_total"),
                (long) msgstore.metric("msgstore_filtered_total"),
                (long) msgstore.metric("msgstore_ignored_total"),
                (long) msgstore.metric("msgstore_enqueue_drop_total"),
                (long) msgstore.metric("msgstore_dead_total"),
                (long) msgstore.metric("msgstore_in_flight"),
                (long) msgstore.metric("msgstore_unaccounted"));
    }

    /**
     * Waits until at least so many messages are received and none is in flight.
     *
     * @throws IllegalStateException when they don't add up then
     */
    public static Counts afterAtLeast(long received, MsgstoreProcess msgstore) {
        try {
            Awaitility.await()
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> msgstore.metric("msgstore_received_total") >= received
                            && msgstore.metric("msgstore_in_flight") == 0);
        } catch (ConditionTimeoutException e) {
            throw new IllegalStateException(
                    "not " + received + " received and none in flight after " + LIMIT + ": " + of(msgstore), e);
        }
        Counts counts = of(msgstore);
        if (counts.received != counts.settled() + counts.inFlight || counts.unaccounted != 0) {
            throw new IllegalStateException("they don't add up: " + counts);
        }
        return counts;
    }

    private long settled() {
        return stored + duplicate + filtered + ignored + dropped + dead;
    }
}
