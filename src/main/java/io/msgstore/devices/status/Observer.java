/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

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
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/**
 * Takes a sample once a second, as a step of a route, of what is counted anyway, and answers what the status is. Whatever
 * carries messages knows nothing of it.
 */
public final class Observer implements Processor {
    private static final int SHORT = 10;
    private static final int MINUTE = 60;

    private final History history = new History();
    private final Settings settings;
    private final String version;
    private final Accounting accounting;
    private final MeterRegistry meters;
    private final QueueGate queue;
    private final QueueState queueState;
    private final Guarantees guarantees;
    private final MqttComponent mqtt;
    private final DatabaseWatch database;
    private final Bottleneck bottleneck;
    private final Supplier<String> canary;
    private volatile Instant lastReceived;

    /** @param canary what is wrong with it, or null */
    public Observer(
            Platform platform,
            QueueGate queue,
            QueueState queueState,
            Guarantees guarantees,
            MqttComponent mqtt,
            DatabaseWatch database,
            Bottleneck bottleneck,
            Supplier<String> canary) {
        this.settings = platform.settings();
        this.version = platform.version();
        this.accounting = platform.accounting();
        this.meters = platform.meters();
        this.queue = queue;
        this.queueState = queueState;
        this.guarantees = guarantees;
        this.mqtt = mqtt;
        this.database = database;
        this.bottleneck = bottleneck;
        this.canary = canary;
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
        Map<String, Long> totals = Span.totals(counts);
        Map<String, Status.Rate> rates = new LinkedHashMap<>();
        totals.keySet().forEach(term -> rates.put(term, new Status.Rate(shortly.rate(term), minute.rate(term))));
        totals.put("in_flight", counts.inFlight());
        totals.put("unaccounted", counts.unaccounted());
        List<ConnectionState> connections = mqtt.connectionStates();
        Status.Broker broker = new Status.Broker(
                connections.size(),
                (int) connections.stream().filter(ConnectionState::connected).count(),
                connections);
        double oldest = accounting.oldestInFlightSeconds();
        // read once, so that the headline and the details of one answer agree
        DatabaseWatch.State databaseState = database.state();
        return new Status(
                counts.at(),
                version,
                counts.since(),
                Headline.of(situation(minute, shortly, broker, databaseState, counts, oldest)),
                totals,
                rates,
                history.newest(),
                Span.round(oldest),
                new Status.Queue(
                        settings.text("msgstore.queue"),
                        guarantees.declared(),
                        queue.length(),
                        queue.capacity(),
                        settings.text("msgstore.enqueue-mode"),
                        settings.number("msgstore.workers")),
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
                        settings.number("msgstore.batch-size")),
                broker,
                Status.Spool.in(settings.path("msgstore.dead-letter.dir")),
                bottleneck.current());
    }

    private Headline.Situation situation(
            Span minute,
            Span shortly,
            Status.Broker broker,
            DatabaseWatch.State databaseState,
            Accounts counts,
            double oldest) {
        ConnectionState worst = broker.connections().stream()
                .min(Comparator.comparing(ConnectionState::connected))
                .orElse(null);
        double rate = shortly.rate("received") > 0 ? shortly.rate("received") : minute.rate("received");
        return new Headline.Situation(
                settings.text("msgstore.on-outage").equals("hold"),
                settings.text("msgstore.ack").equals("on-commit"),
                databaseState,
                broker.wanted(),
                broker.connected(),
                worst == null ? null : worst.since(),
                worst == null ? null : worst.lastError() == null ? worst.phase() : worst.lastError(),
                mqtt.isKept(),
                mqtt.shortfall(),
                queue.isShut(),
                rate,
                shortly.rate("stored") + shortly.rate("duplicate") + shortly.rate("dead"),
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

    private static Status.Percentiles percentiles(Distribution now, Distribution before) {
        return new Status.Percentiles(
                Span.rounded(now.percentileSince(before, 0.5)),
                Span.rounded(now.percentileSince(before, 0.95)),
                Span.rounded(now.percentileSince(before, 0.99)));
    }

    private static String time(Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
