/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.io.File;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.spi.Synchronization;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;

/**
 * How many messages a durable queue holds, and whether there is a place for one more.
 *
 * <p>Its server is asked once a second ({@code direct:queue-length}). What this process puts in and takes out meanwhile is
 * counted on, so that with one instance the length is exact; with several it is as old as the last answer.
 */
public final class Backlog {
    private static final long LOOK_MILLIS = 10;
    // so long an older answer, and what was counted since, is better than one taken while messages came
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final String MEASURED_FROM = "msgstore.measured-from";
    /** Property of an exchange: the place in the queue that is kept for its message. */
    private static final String PLACE = "msgstore.place";

    private final String queue;
    private final int capacity;
    private final long waitMillis;
    private final Accounting accounting;
    private final QueueState state;
    private final LongSupplier nanos;
    private long length;
    private long measuredNanos;
    private long changes;
    private int placesHeld;

    /**
     * @param queue value of {@code msgstore.queue}
     * @param capacity messages that it is to hold
     * @param waitMillis how long a message waits for a place at first, in milliseconds
     * @param nanos as {@link System#nanoTime()}
     */
    public Backlog(
            String queue, int capacity, long waitMillis, Accounting accounting, QueueState state, LongSupplier nanos) {
        this.queue = queue;
        this.capacity = capacity;
        this.waitMillis = waitMillis;
        this.accounting = accounting;
        this.state = state;
        this.nanos = nanos;
        this.measuredNanos = nanos.getAsLong() - STALE_NANOS - 1;
    }

    /** Messages in the queue, and those that are being put into it. */
    public synchronized long length() {
        return Math.max(0, length) + placesHeld;
    }

    /** A step before {@code direct:queue-length}. */
    public synchronized void measure(Exchange exchange) {
        exchange.setProperty(MEASURED_FROM, changes);
    }

    /**
     * A step after {@code direct:queue-length}, whose body is the number of messages. Where the body is no number it is the last step of
     * its route, and the queue is away.
     */
    public void measured(Exchange exchange) {
        Object body = exchange.getMessage().getBody();
        // asked first: a route may have caught an error of its own, and answer
        Long answer = exchange.getContext().getTypeConverter().tryConvertTo(Long.class, exchange, body);
        if (answer == null) {
            Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
            state.fails(
                    error != null ? error : new IllegalStateException("the length of the queue is no number: " + body));
            exchange.setRouteStop(true);
            return;
        }
        long from = exchange.getProperty(MEASURED_FROM, Long.class);
        state.answers();
        synchronized (this) {
            long now = nanos.getAsLong();
            if (from == changes && placesHeld == 0 || now - measuredNanos > STALE_NANOS) {
                length = answer;
                measuredNanos = now;
            }
        }
    }

    /** A step that sets the body, the path of a folder, to the number of files in it: for queues made of files. */
    public static void countFiles(Exchange exchange) {
        String[] names = new File(exchange.getMessage().getBody(String.class)).list();
        exchange.getMessage().setBody(names == null ? 0 : names.length);
    }

    private synchronized void added() {
        length++;
        changes++;
    }

    /** Messages were taken out for good. */
    synchronized void removed(int messages) {
        length -= messages;
        changes++;
    }

    /**
     * Whether there is no place, after a wait. Where there is one, the message keeps it until it is in. Throws {@link
     * NotStored} when msgstore stops meanwhile.
     */
    public Predicate full() {
        return exchange -> !place(exchange, waitMillis);
    }

    /** A step that waits for a place without an end, but that of msgstore, when it throws {@link NotStored}. */
    public void await(Exchange exchange) {
        place(exchange, Long.MAX_VALUE);
    }

    private boolean place(Exchange exchange, long millis) {
        long begin = System.nanoTime();
        while (!take()) {
            if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) >= millis) {
                return false;
            }
            CamelContext context = exchange.getContext();
            if (context.isStopping() || context.isStopped() || !rests()) {
                throw new NotStored("stopped before there was a place in the queue " + queue);
            }
        }
        Place place = new Place();
        exchange.setProperty(PLACE, place);
        exchange.getExchangeExtension().addOnCompletion(place);
        return true;
    }

    private static boolean rests() {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean take() {
        synchronized (this) {
            if (length() >= capacity) {
                return false;
            }
            placesHeld++;
        }
        accounting.leaving();
        return true;
    }

    /** A step for when the server has the message safe. */
    public void enqueued(Exchange exchange) {
        Place place = exchange.getProperty(PLACE, Place.class);
        Ticket ticket = exchange.getProperty(Ticket.PROPERTY, Ticket.class);
        // one that found no place has an outcome already
        boolean taken = ticket == null || ticket.outcome() == null;
        if (place != null) {
            place.end(true);
        } else if (taken) {
            // of a queue whose server counts the places itself
            added();
        }
        if (ticket != null && taken) {
            ticket.outcome(Outcome.ENQUEUED, queue);
        }
    }

    /** A step for a message that goes on without the queue: its place is free again. */
    public void free(Exchange exchange) {
        Place place = exchange.getProperty(PLACE, Place.class);
        if (place != null) {
            place.end(false);
        }
    }

    /** A step for when the server did not take the message, which goes on without the queue. */
    public void refused(Exchange exchange) {
        free(exchange);
        fails(exchange);
    }

    /** A step for when the server did not take the message, which keeps its place and is tried again. */
    public void fails(Exchange exchange) {
        Exception error = exchange.getException();
        state.fails(error != null ? error : exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
    }

    private final class Place implements Synchronization {
        private final AtomicBoolean ended = new AtomicBoolean();

        void end(boolean used) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            accounting.left();
            synchronized (Backlog.this) {
                placesHeld--;
                if (used) {
                    added();
                }
            }
        }

        @Override
        public void onComplete(Exchange exchange) {
            end(false);
        }

        @Override
        public void onFailure(Exchange exchange) {
            end(false);
        }
    }
}
