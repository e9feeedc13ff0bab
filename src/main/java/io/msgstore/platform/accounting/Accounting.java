/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accounts for every message: {@code received + dequeued = stored + duplicate + filtered + ignored + dropped + dead + enqueued
 * + in flight}. Enqueued and dequeued are 0 but with a queue that outlives the process: there a message is received and
 * enqueued, and dequeued and stored, maybe by another one.
 *
 * <p>Receiving a message and settling it each change two terms of that identity under one lock, so it holds at every
 * moment. Two faults can still lose a message, and each shows. A message that completes without an outcome is acknowledged and
 * counted nowhere: {@code msgstore_unaccounted} rises, and stays. A message that is never completed stays in flight:
 * {@code msgstore_oldest_in_flight_seconds} grows though others are stored.
 *
 * <p>What is counted stands in one class, because it is read and changed under one lock.
 */
public final class Accounting {
    private static final Logger LOG = LoggerFactory.getLogger(Accounting.class);

    private final MeterRegistry meters;
    private final Map<Outcome, Map<String, long[]>> settled = new EnumMap<>(Outcome.class);
    private final DistributionSummary endToEnd;
    private final DistributionSummary batchSize;
    private final Counter retries;
    private final Instant since = Instant.now();
    private long received;
    private long further;
    private long dequeued;
    private volatile int leaving;
    private long sumSettled;
    private volatile int inFlight;
    private int peakInFlight;

    /** Guarded by the lock of this object. */
    private final OpenTickets open = new OpenTickets();

    public Accounting(MeterRegistry meters) {
        this.meters = meters;
        for (Outcome outcome : Outcome.values()) {
            settled.put(outcome, new ConcurrentHashMap<>());
        }
        counter("msgstore.received", "Messages received", Accounting::received);
        counter(
                "msgstore.received.parts",
                "Messages received in one with others: the elements of an array, or what a mapping made of a message,"
                        + " beyond the first",
                Accounting::further);
        counter("msgstore.dequeued", "Messages taken from a durable queue", Accounting::dequeued);
        gauge(
                "msgstore.in.flight",
                "Messages received and not yet stored, dead-lettered, filtered, ignored or dropped",
                Accounting::inFlight);
        gauge(
                "msgstore.unaccounted",
                "Messages whose fate nobody has stated: always 0, anything else is a bug",
                Accounting::unaccounted);
        gauge(
                "msgstore.oldest.in.flight.seconds",
                "Seconds since the oldest message in flight was received; 0 when there is none",
                Accounting::oldestInFlightSeconds);
        endToEnd = histogram("msgstore.end.to.end.latency.ms", "Milliseconds from receipt to commit", 1, 60_000);
        batchSize = histogram("msgstore.batch.size", "Messages per statement", 1, 10_000);
        retries = Counter.builder("msgstore.retry")
                .description("Statements tried again")
                .register(meters);
    }

    private void counter(String name, String help, ToDoubleFunction<Accounting> value) {
        FunctionCounter.builder(name, this, value).description(help).register(meters);
    }

    private void gauge(String name, String help, ToDoubleFunction<Accounting> value) {
        Gauge.builder(name, this, value).description(help).register(meters);
    }

    private DistributionSummary histogram(String name, String help, double from, double to) {
        return DistributionSummary.builder(name)
                .description(help)
                .publishPercentileHistogram()
                .minimumExpectedValue(from)
                .maximumExpectedValue(to)
                .register(meters);
    }

    /** Shows a count of 0 for labels that are known beforehand, so that a rate over them has a start. */
    public void expect(Outcome outcome, String... labels) {
        for (String label : labels) {
            counter(outcome, label);
        }
    }

    /**
     * Opens the accounts of a message; settled when the exchange completes. The ticket takes the completions that the exchange has
     * already, such as the acknowledgement: Camel copies and sorts the completions at each route that the exchange enters and leaves.
     */
    public Ticket receive(Exchange exchange) {
        return open(exchange, false, 0);
    }

    /**
     * Opens the accounts of a message that was taken from a durable queue, as {@link #receive} does.
     *
     * @param ageMillis time since it was received, for the time from receipt to commit; in milliseconds
     */
    public Ticket dequeue(Exchange exchange, long ageMillis) {
        return open(exchange, true, ageMillis);
    }

    private Ticket open(Exchange exchange, boolean fromQueue, long ageMillis) {
        Ticket ticket = new Ticket(this, Completions.take(exchange), Math.max(0, ageMillis));
        synchronized (this) {
            if (fromQueue) {
                dequeued++;
            } else {
                received++;
            }
            enter(1);
            open.add(ticket);
        }
        exchange.setProperty(Ticket.PROPERTY, ticket);
        exchange.getExchangeExtension().addOnCompletion(ticket);
        return ticket;
    }

    /**
     * Opens the accounts of each of the messages that one was taken apart into. They take the place of its own accounts, so it counts
     * as so many received. The completions of the whole message run when all of its parts are settled; its ticket then counts as
     * stored, and is in no account.
     *
     * @param parts how many, at least 1
     * @return a ticket for each, to be added to the completions of its exchange
     */
    public List<Ticket> split(Exchange exchange, int parts) {
        Ticket known = exchange.getProperty(Ticket.PROPERTY, Ticket.class);
        Ticket whole = known == null ? receive(exchange) : known;
        Together together = new Together(whole, Completions.take(exchange), parts);
        List<Ticket> tickets = new ArrayList<>(parts);
        for (int i = 0; i < parts; i++) {
            tickets.add(new Ticket(this, List.of(together.part()), whole));
        }
        synchronized (this) {
            received += parts - 1;
            further += parts - 1;
            enter(parts - 1);
            Ticket before = whole.older;
            for (Ticket ticket : tickets) {
                open.add(ticket, before);
                before = ticket;
            }
            open.remove(whole);
        }
        whole.replaced();
        return tickets;
    }

    // under the lock
    private void enter(int messages) {
        inFlight += messages;
        peakInFlight = Math.max(peakInFlight, inFlight);
    }

    void settle(Ticket ticket) {
        Outcome outcome = ticket.outcome();
        long[] counter = outcome == null ? null : counter(outcome, ticket.label());
        synchronized (this) {
            inFlight--;
            open.remove(ticket);
            if (counter != null) {
                counter[0]++;
                sumSettled++;
            }
        }
        if (outcome == null) {
            LOG.error("A message completed without an outcome; msgstore_unaccounted counts it. This is a bug.");
        } else if (outcome == Outcome.STORED) {
            endToEnd.record(ticket.receivedMillisAgo());
        }
    }

    // the meter is registered outside the lock: the registry calls back into read() when it is scraped
    private long[] counter(Outcome outcome, String label) {
        Map<String, long[]> labels = settled.get(outcome);
        long[] known = labels.get(label);
        if (known != null) {
            return known;
        }
        long[] added = new long[1];
        long[] other = labels.putIfAbsent(label, added);
        if (other != null) {
            return other;
        }
        FunctionCounter.builder(outcome.meter, this, a -> a.read(added))
                .tag(outcome.label, label)
                .description(outcome.help)
                .register(meters);
        return added;
    }

    private synchronized double read(long[] counter) {
        return counter[0];
    }

    /** Those of {@link #received} that came in one message with others, beyond the first of each. */
    public synchronized long further() {
        return further;
    }

    /** Messages received since the start. */
    public synchronized long received() {
        return received;
    }

    /** Messages taken from a durable queue since the start. */
    public synchronized long dequeued() {
        return dequeued;
    }

    /** Messages with the outcome since the start. */
    public synchronized long total(Outcome outcome) {
        return settled.get(outcome).values().stream().mapToLong(c -> c[0]).sum();
    }

    /** The gap in the identity: messages that completed without an outcome. */
    public synchronized long unaccounted() {
        return received + dequeued - sumSettled - inFlight;
    }

    /** All of it, taken at one moment. */
    public synchronized Accounts accounts() {
        return new Accounts(
                time(since),
                time(Instant.now()),
                received,
                dequeued,
                counts(Outcome.STORED),
                counts(Outcome.DUPLICATE),
                counts(Outcome.FILTERED),
                counts(Outcome.IGNORED),
                counts(Outcome.DROPPED),
                counts(Outcome.DEAD),
                counts(Outcome.ENQUEUED),
                inFlight,
                unaccounted());
    }

    private Map<String, Long> counts(Outcome outcome) {
        Map<String, Long> counts = new TreeMap<>();
        settled.get(outcome).forEach((label, counter) -> counts.put(label, counter[0]));
        return counts;
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** Age of the oldest message in flight, seconds; 0 when there is none. */
    public synchronized double oldestInFlightSeconds() {
        Ticket oldest = open.oldest();
        return oldest == null ? 0 : oldest.ageMillis() / 1000;
    }

    /** Messages received and not yet settled. */
    public int inFlight() {
        return inFlight;
    }

    /** A message in flight is with a durable queue, about to be taken: it won't come to the database from here. */
    public synchronized void leaving() {
        leaving++;
    }

    /** What a {@link #leaving} message waited for is over, well or not. */
    public synchronized void left() {
        leaving--;
    }

    /** Messages in flight that are to go into the database from here. */
    public int toStore() {
        return inFlight - leaving;
    }

    /** The most messages that were in flight at a time since this was asked last. */
    public synchronized int takePeakInFlight() {
        int peak = peakInFlight;
        peakInFlight = inFlight;
        return peak;
    }

    /** Counts one statement's messages. */
    public void batch(int size) {
        batchSize.record(size);
    }

    /** Counts a statement that is tried again. */
    public void retry() {
        retries.increment();
    }

    /**
     * A step for routes that says what becomes of the message; the label is taken from the header or property.
     *
     * @param label reads the metric's label off the exchange
     */
    public Processor step(Outcome outcome, Function<Exchange, String> label) {
        return exchange -> {
            Ticket ticket = exchange.getProperty(Ticket.PROPERTY, Ticket.class);
            if (ticket != null) {
                ticket.outcome(outcome, label.apply(exchange));
            }
        };
    }
}
