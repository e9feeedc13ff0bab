/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;

/**
 * One message's place in the accounts: opened when the message is received, or taken from a durable queue, given an outcome on the way,
 * and settled when this completion runs, which is also when the message is acknowledged.
 *
 * <p>It travels as a completion of the exchange and holds the message's acknowledgement, so whatever hands the one on hands
 * the other on too.
 */
public final class Ticket implements Synchronization {
    /** Property of an exchange: the ticket of its message. */
    public static final String PROPERTY = "msgstore.ticket";

    private final Accounting accounting;
    private final List<Synchronization> owed;
    private final long openedNanos;
    private final long ageMillis;
    private final AtomicBoolean settled = new AtomicBoolean();
    private volatile Outcome outcome;
    private volatile String label;

    /** The tickets received before and after this one that are open too; guarded by the accounting's lock. */
    Ticket older;

    Ticket newer;

    /** @param ageMillis time since the message was received, in milliseconds */
    Ticket(Accounting accounting, List<Synchronization> owed, long ageMillis) {
        this.accounting = accounting;
        this.owed = owed;
        this.openedNanos = System.nanoTime();
        this.ageMillis = ageMillis;
    }

    /** Of a message that was part of another one. */
    Ticket(Accounting accounting, List<Synchronization> owed, Ticket whole) {
        this.accounting = accounting;
        this.owed = owed;
        this.openedNanos = whole.openedNanos;
        this.ageMillis = whole.ageMillis;
    }

    /** Its parts are accounted for in its place. */
    void replaced() {
        settled.set(true);
    }

    /**
     * Says what became of the message. The last word before the exchange completes counts.
     *
     * @param label the event, filter or reason that the metric is labelled with; null where it is not known
     */
    public void outcome(Outcome value, String label) {
        this.label = label == null ? "unknown" : label;
        this.outcome = value;
    }

    /** What became of the message, or null while that is open. */
    public Outcome outcome() {
        return outcome;
    }

    String label() {
        return label;
    }

    /** Milliseconds since the message was received, or taken from a durable queue. */
    double ageMillis() {
        return (System.nanoTime() - openedNanos) / 1e6;
    }

    /** Milliseconds since the message was received, its time in a durable queue included. */
    double receivedMillisAgo() {
        return ageMillis + ageMillis();
    }

    @Override
    public void onComplete(Exchange exchange) {
        settle();
        Completions.run(owed, exchange, true);
    }

    @Override
    public void onFailure(Exchange exchange) {
        // not acknowledged: the broker delivers it again and it is received again
        outcome(Outcome.DROPPED, "returned");
        settle();
        Completions.run(owed, exchange, false);
    }

    // a copy of the exchange may complete as well
    private void settle() {
        if (settled.compareAndSet(false, true)) {
            accounting.settle(this);
        }
    }
}
