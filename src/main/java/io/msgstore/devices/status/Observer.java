/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

import io.msgstore.devices.mqtt.ConnectionState;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.devices.queue.Bottleneck;
import io.msgstore.devices.queue.Guarantees;
import io.msgstore.devices.queue.QueueGate;
import io.msgstore.devices.queue.QueueState;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Accounts;
import io.msgstore.platform.config.Secrets;

/**
 * Takes a sample once a second, as a step of a route, of what is counted anyway, and answers what the status is. Whatever
 * carries messages knows nothing of it.
 */
public final class Observer implements Processor {
    private static final int SHORT = 10;
    private static final int MINUTE = 60;

    private final History history = new History();
    private final Accounting accounting;
    private final MeterRegistry meters;
    private final QueueGate queue;
    private final QueueState queueState;
    private final Guarantees guarantees;
    private final MqttComponent mqtt;
    private final DatabaseWatch database;
    private final Bottleneck bottleneck;
    private final Supplier<String> canary;
    private final Plan plan;
    private final Spool spool;
    private volatile Instant lastReceived;

    /**
     * What the configuration says.
     *
     * @param version of msgstore
     * @param holds whether an outage of the database is waited for
     * @param acknowledgesOnCommit whether the broker keeps what is not stored
     * @param queue value of {@code msgstore.queue}
     * @param whenFull value of {@code msgstore.enqueue-mode}
     * @param workers that take from the queue
     * @param batchSize a batch is written when it has as many messages
     * @param spool folder for dead letters that the database can't take
     */
    public record Plan(
            String version,
            boolean holds,
            boolean acknowledgesOnCommit,
            String queue,
            String whenFull,
            int workers,
            int batchSize,
            Path spool) {}

    /** @param canary what is wrong with it, or null */
    public Observer(
            Plan plan,
            Accounting accounting,
            MeterRegistry meters,
            QueueGate queue,
            QueueState queueState,
            Guarantees guarantees,
            MqttComponent mqtt,
            DatabaseWatch database,
            Bottleneck bottleneck,
            Supplier<String> canary) {
        this.plan = plan;
        this.accounting = accounting;
        this.meters = meters;
        this.queue = queue;
        this.queueState = queueState;
        this.guarantees = guarantees;
        this.mqtt = mqtt;
        this.database = database;
        this.bottleneck = bottleneck;
        this.canary = canary;
        this.spool = new Spool(plan.spool);
        sample();
    }

    @Override
    public void process(Exchange exchange) {
        sample();
    }

    private void sample() {
        Span before = history.last(0);
        Accounts counts = accounting.accounts();
        Instant now = Instant.now();
        if (counts.received() > (before == null ? 0 : before.to().counts().received())) {
            lastReceived = now;
        }
        history.add(new Sample(
                System.nanoTime(),
                now,
                counts,
                queue.length(),
                accounting.oldestInFlightSeconds(),
                distribution("msgstore.end.to.end.latency.ms"),
                distribution("msgstore.db.write.latency.ms"),
                distribution("msgstore.batch.size")));
    }

    private Distribution distribution(String meter) {
        DistributionSummary summary = meters.find(meter).summary();
        return Distribution.of(summary);
    }

    /** The seconds of the last ten minutes, oldest first. */
    public Map<String, List<History.Point>> history() {
        return Map.of("seconds", history.points());
    }

    /** How things are now. */
    public Status status() {
        Span minute = history.last(MINUTE);
        Span shortly = history.last(SHORT);
        Accounts counts = accounting.accounts();
        List<Status.Connection> connections =
                mqtt.connectionStates().stream().map(Observer::connection).toList();
        Status.Broker broker = new Status.Broker(
                connections.size(),
                (int) connections.stream().filter(Status.Connection::connected).count(),
                connections);
        double oldest = accounting.oldestInFlightSeconds();
        // read once, so that the headline and the details of one answer agree
        DatabaseWatch.State databaseState = database.state();
        return new Status(
                counts.at(),
                plan.version,
                counts.since(),
                Headline.of(situation(minute, shortly, broker, databaseState, counts, oldest)),
                new Status.Counts(
                        counts.received(),
                        Span.sum(counts.stored()),
                        Span.sum(counts.duplicate()),
                        Span.sum(counts.filtered()),
                        Span.sum(counts.ignored()),
                        Span.sum(counts.dropped()),
                        Span.sum(counts.dead()),
                        counts.inFlight(),
                        counts.unaccounted()),
                rates(shortly, minute),
                history.newest(),
                Span.round(oldest),
                new Status.Queue(
                        plan.queue,
                        guarantees.declared(),
                        queue.length(),
                        queue.capacity(),
                        plan.whenFull,
                        plan.workers),
                percentiles(minute.to().latency(), minute.from().latency()),
                new Status.Store(
                        databaseState,
                        percentiles(minute.to().writes(), minute.from().writes()),
                        minute.seconds() == 0
                                ? 0
                                : Span.round(minute.to()
                                                .writes()
                                                .countSince(minute.from().writes())
                                        / minute.seconds()),
                        Span.rounded(
                                minute.to().batches().meanSince(minute.from().batches())),
                        plan.batchSize),
                broker,
                spool.content(),
                bottleneck.current());
    }

    private Headline.Situation situation(
            Span minute,
            Span shortly,
            Status.Broker broker,
            DatabaseWatch.State databaseState,
            Accounts counts,
            double oldest) {
        Status.Connection worst = broker.connections().stream()
                .min(Comparator.comparing(Status.Connection::connected))
                .orElse(null);
        double rate = shortly.received() > 0 ? shortly.received() : minute.received();
        return new Headline.Situation(
                plan.holds,
                plan.acknowledgesOnCommit,
                databaseState,
                broker.wanted(),
                broker.connected(),
                worst == null ? null : worst.since(),
                worst == null ? null : worst.lastError() == null ? worst.phase() : worst.lastError(),
                mqtt.isKept(),
                mqtt.shortfall(),
                queue.isShut(),
                rate,
                shortly.stored() + shortly.duplicate() + shortly.dead(),
                minute.countOf(accounts -> accounts.dropped().getOrDefault("queue-full", 0L)),
                minute.countOf(accounts -> Span.sum(accounts.dead())),
                counts.inFlight(),
                oldest,
                time(Instant.now().minus(Duration.ofMillis((long) (oldest * 1000)))),
                time(lastReceived),
                counts.unaccounted(),
                bottleneck.current(),
                queueState.problem(),
                queueState.isDegraded(),
                canary.get());
    }

    private static Map<String, Status.Rate> rates(Span shortly, Span minute) {
        Map<String, Status.Rate> rates = new LinkedHashMap<>();
        rates.put("received", new Status.Rate(shortly.received(), minute.received()));
        rates.put("stored", new Status.Rate(shortly.stored(), minute.stored()));
        rates.put("duplicate", new Status.Rate(shortly.duplicate(), minute.duplicate()));
        rates.put("filtered", new Status.Rate(shortly.filtered(), minute.filtered()));
        rates.put("ignored", new Status.Rate(shortly.ignored(), minute.ignored()));
        rates.put("dropped", new Status.Rate(shortly.dropped(), minute.dropped()));
        rates.put("dead", new Status.Rate(shortly.dead(), minute.dead()));
        return rates;
    }

    private static Status.Percentiles percentiles(Distribution now, Distribution before) {
        return new Status.Percentiles(
                Span.rounded(now.percentileSince(before, 0.5)),
                Span.rounded(now.percentileSince(before, 0.95)),
                Span.rounded(now.percentileSince(before, 0.99)));
    }

    private static Status.Connection connection(ConnectionState state) {
        return new Status.Connection(
                state.clientId(),
                state.connected(),
                Secrets.mask(state.phase()),
                time(state.since()),
                Secrets.mask(state.lastError()),
                time(state.lastErrorAt()),
                state.inFlight(),
                state.receiveMaximum(),
                state.shortfalls());
    }

    private static String time(Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
