/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

class AccountingTest {
    private static final DefaultCamelContext CAMEL = new DefaultCamelContext();

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final Accounting accounting = new Accounting(meters);

    @Test
    void countsAReceivedMessageAsInFlight() {
        accounting.receive(exchange());
        assertThat(accounting.received()).isOne();
        assertThat(accounting.inFlight()).isOne();
        assertThat(accounting.unaccounted()).isZero();
        assertThat(metric("msgstore.received")).isEqualTo(1);
        assertThat(metric("msgstore.in.flight")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void settlesAMessageWithItsOutcome(Outcome outcome) {
        Exchange exchange = exchange();
        Ticket ticket = accounting.receive(exchange);
        ticket.outcome(outcome, "what");
        assertThat(accounting.total(outcome)).isZero();
        ticket.onComplete(exchange);
        assertThat(accounting.total(outcome)).isOne();
        assertThat(accounting.inFlight()).isZero();
        assertThat(accounting.unaccounted()).isZero();
        assertThat(meters.get(outcome.meter)
                        .tag(outcome.label, "what")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void showsAMessageThatCompletesWithoutAnOutcome() {
        Exchange exchange = exchange();
        accounting.receive(exchange).onComplete(exchange);
        assertThat(accounting.inFlight()).isZero();
        assertThat(accounting.unaccounted()).isOne();
        assertThat(metric("msgstore.unaccounted")).isEqualTo(1);
    }

    @Test
    void countsAFailedMessageAsReturnedWhateverWasSaidBefore() {
        Exchange exchange = exchange();
        Ticket ticket = accounting.receive(exchange);
        ticket.outcome(Outcome.STORED, "gps");
        ticket.onFailure(exchange);
        assertThat(accounting.total(Outcome.STORED)).isZero();
        assertThat(meters.get("msgstore.enqueue.drop")
                        .tag("reason", "returned")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        assertThat(accounting.unaccounted()).isZero();
    }

    @Test
    void takesTheLastWordOnAMessage() {
        Exchange exchange = exchange();
        Ticket ticket = accounting.receive(exchange);
        ticket.outcome(Outcome.STORED, "gps");
        ticket.outcome(Outcome.DEAD, "bad-data");
        ticket.onComplete(exchange);
        assertThat(accounting.total(Outcome.STORED)).isZero();
        assertThat(accounting.total(Outcome.DEAD)).isOne();
    }

    @Test
    void accountsForAMessageWhoseEventIsNotKnown() {
        Exchange exchange = exchange();
        Ticket ticket = accounting.receive(exchange);
        ticket.outcome(Outcome.STORED, null);
        ticket.onComplete(exchange);
        assertThat(accounting.total(Outcome.STORED)).isOne();
        assertThat(accounting.inFlight()).isZero();
    }

    @Test
    void measuresTheWayOfStoredMessagesOnly() {
        for (Outcome outcome : Outcome.values()) {
            Exchange exchange = exchange();
            Ticket ticket = accounting.receive(exchange);
            ticket.outcome(outcome, "x");
            ticket.onComplete(exchange);
        }
        assertThat(meters.get("msgstore.end.to.end.latency.ms").summary().count())
                .isOne();
    }

    @Test
    void stepsSayWhatBecomesOfAMessage() throws Exception {
        Exchange exchange = exchange();
        Ticket ticket = accounting.receive(exchange);
        exchange.getMessage().setHeader("event", "connect");
        accounting
                .step(Outcome.IGNORED, e -> e.getMessage().getHeader("event", String.class))
                .process(exchange);
        assertThat(ticket.outcome()).isEqualTo(Outcome.IGNORED);
        assertThat(ticket.label()).isEqualTo("connect");
    }

    @Test
    void stepsLetMessagesPassThatWereNeverReceived() throws Exception {
        accounting.step(Outcome.IGNORED, e -> "x").process(exchange());
        assertThat(accounting.received()).isZero();
        assertThat(accounting.unaccounted()).isZero();
    }

    @Test
    void isSettledByTheExchangeThatItIsReceivedOn() {
        Exchange exchange = exchange();
        accounting.receive(exchange).outcome(Outcome.FILTERED, "topic");
        Completions.take(exchange).forEach(completion -> completion.onComplete(exchange));
        assertThat(accounting.total(Outcome.FILTERED)).isOne();
    }

    @Test
    void accountsNameEveryTermByItsLabels() {
        settled(Outcome.STORED, "gps");
        settled(Outcome.STORED, "gps");
        settled(Outcome.STORED, "cmd");
        settled(Outcome.DEAD, "not-json");
        accounting.receive(exchange());

        Accounts accounts = accounting.accounts();
        assertThat(accounts.received()).isEqualTo(5);
        assertThat(accounts.stored()).isEqualTo(Map.of("cmd", 1L, "gps", 2L));
        assertThat(accounts.dead()).isEqualTo(Map.of("not-json", 1L));
        assertThat(accounts.ignored()).isEmpty();
        assertThat(accounts.inFlight()).isOne();
        assertThat(accounts.unaccounted()).isZero();
        assertThat(accounts.isBalanced()).isTrue();
    }

    @Test
    void accountsAreNotBalancedWhenAMessageCompletesWithoutAnOutcome() {
        Exchange exchange = exchange();
        accounting.receive(exchange).onComplete(exchange);
        assertThat(accounting.accounts().unaccounted()).isOne();
        assertThat(accounting.accounts().isBalanced()).isFalse();
    }

    @Test
    void aMessageIsReceivedAndEnqueuedAndThenDequeuedAndStored() {
        settled(Outcome.ENQUEUED, "redis");
        settled(Outcome.ENQUEUED, "redis");
        Exchange exchange = exchange();
        Ticket ticket = accounting.dequeue(exchange, 0);

        Accounts onTheWay = accounting.accounts();
        assertThat(onTheWay.received()).isEqualTo(2);
        assertThat(onTheWay.enqueued()).isEqualTo(Map.of("redis", 2L));
        assertThat(onTheWay.dequeued()).isOne();
        assertThat(onTheWay.inFlight()).isOne();
        assertThat(onTheWay.isBalanced()).isTrue();

        settle(ticket);
        Accounts stored = accounting.accounts();
        assertThat(stored.stored()).isEqualTo(Map.of("gps", 1L));
        assertThat(stored.inFlight()).isZero();
        assertThat(stored.unaccounted()).isZero();
        assertThat(stored.isBalanced()).isTrue();
        assertThat(metric("msgstore.received")).isEqualTo(2);
        assertThat(metric("msgstore.dequeued")).isEqualTo(1);
        assertThat(metric("msgstore.enqueued")).isEqualTo(2);
    }

    @Test
    void showsADequeuedMessageThatCompletesWithoutAnOutcome() {
        Exchange exchange = exchange();
        accounting.dequeue(exchange, 0).onComplete(exchange);
        assertThat(accounting.unaccounted()).isOne();
        assertThat(accounting.accounts().isBalanced()).isFalse();
    }

    @Test
    void theWayOfADequeuedMessageCountsItsTimeInTheQueue() {
        settle(accounting.dequeue(exchange(), 40_000));
        assertThat(meters.get("msgstore.end.to.end.latency.ms").summary().max()).isBetween(40_000.0, 60_000.0);
        assertThat(accounting.oldestInFlightSeconds()).isZero();
    }

    @Test
    void aMessageOfAFasterClockHasNoNegativeWay() {
        settle(accounting.dequeue(exchange(), -40_000));
        assertThat(meters.get("msgstore.end.to.end.latency.ms").summary().totalAmount())
                .isBetween(0.0, 20_000.0);
    }

    @Test
    void theAgeOfADequeuedMessageInFlightIsThatOfItsWork() {
        accounting.dequeue(exchange(), 40_000);
        assertThat(accounting.oldestInFlightSeconds()).isLessThan(30);
    }

    @Test
    void whatIsAboutToLeaveForAQueueIsNotToBeStored() {
        accounting.receive(exchange());
        accounting.receive(exchange());
        assertThat(accounting.toStore()).isEqualTo(2);
        accounting.leaving();
        assertThat(accounting.toStore()).isOne();
        assertThat(accounting.inFlight()).isEqualTo(2);
        accounting.left();
        assertThat(accounting.toStore()).isEqualTo(2);
    }

    @Test
    void everyTermIsDescribedInTheApi() throws IOException {
        ObjectMapper json = new ObjectMapper();
        JsonNode described;
        try (InputStream api = Accounts.class.getResourceAsStream("/io/msgstore/devices/openapi.json")) {
            described = json.readTree(api).at("/components/schemas/Accounts");
        }
        JsonNode accounts = json.valueToTree(accounting.accounts());
        assertThat(accounts.fieldNames())
                .toIterable()
                .containsExactlyElementsOf(() -> described.get("properties").fieldNames());
        assertThat(json.convertValue(described.get("required"), List.class))
                .isEqualTo(json.convertValue(accounts, LinkedHashMap.class).keySet().stream()
                        .toList());
        accounts.properties().forEach(term -> assertThat(
                        described.at("/properties/" + term.getKey() + "/type").asText())
                .as(term.getKey())
                .isEqualTo(
                        switch (term.getValue().getNodeType()) {
                            case NUMBER -> "integer";
                            default -> term.getValue().getNodeType().name().toLowerCase(Locale.ROOT);
                        }));
    }

    @Test
    void tellsTheAgeOfTheOldestMessageInFlight() {
        Ticket[] tickets = new Ticket[4];
        for (int i = 0; i < tickets.length; i++) {
            tickets[i] = accounting.receive(exchange());
            double before = metric("msgstore.oldest.in.flight.seconds");
            Awaitility.await("another age").until(() -> metric("msgstore.oldest.in.flight.seconds") > before + 0.02);
        }
        // in the middle, at the start, at the end, the last one
        for (int next : List.of(1, 0, 3, 2)) {
            settle(tickets[next]);
            tickets[next] = null;
            double before = oldestSeconds(tickets);
            double shown = metric("msgstore.oldest.in.flight.seconds");
            assertThat(shown).as("%d settled", next).isBetween(before, oldestSeconds(tickets));
        }
    }

    private static double oldestSeconds(Ticket... tickets) {
        return Stream.of(tickets)
                .filter(Objects::nonNull)
                .mapToDouble(ticket -> ticket.ageMillis() / 1000)
                .max()
                .orElse(0);
    }

    @Test
    void aMessageThatIsThrownAwayGrowsOldThoughOthersAreSettled() {
        accounting.receive(exchange());
        Awaitility.await("an old message").until(() -> {
            settle(accounting.receive(exchange()));
            return metric("msgstore.oldest.in.flight.seconds") > 0.2;
        });
        assertThat(accounting.unaccounted()).isZero();
        assertThat(accounting.inFlight()).isOne();
    }

    @Test
    void addsUpAtEveryMomentUnderEightThreads() throws Exception {
        int threads = 8;
        int messages = 5_000;
        CyclicBarrier together = new CyclicBarrier(threads + 1);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService workers = Executors.newFixedThreadPool(threads + 1);
        try {
            Future<Long> looks = workers.submit(() -> {
                together.await();
                long count = 0;
                do {
                    assertThat(accounting.unaccounted()).isZero();
                    assertThat(metric("msgstore.unaccounted")).isZero();
                    assertThat(accounting.accounts().isBalanced()).isTrue();
                    count++;
                } while (!done.get());
                return count;
            });
            List<Future<?>> senders = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int seed = t;
                senders.add(workers.submit(() -> {
                    together.await();
                    for (int i = 0; i < messages; i++) {
                        Exchange exchange = exchange();
                        Ticket ticket = i % 3 == 0 ? accounting.dequeue(exchange, i) : accounting.receive(exchange);
                        Outcome outcome = Outcome.values()[(i + seed) % Outcome.values().length];
                        ticket.outcome(outcome, "label-" + i % 50);
                        if (i % 7 == 0) {
                            ticket.onFailure(exchange);
                        } else {
                            ticket.onComplete(exchange);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> sender : senders) {
                sender.get(Limits.SECONDS, TimeUnit.SECONDS);
            }
            done.set(true);
            assertThat(looks.get(Limits.SECONDS, TimeUnit.SECONDS)).isPositive();
        } finally {
            workers.shutdownNow();
        }
        long settled = 0;
        for (Outcome outcome : Outcome.values()) {
            settled += accounting.total(outcome);
        }
        assertThat(accounting.dequeued()).isEqualTo((long) threads * ((messages + 2) / 3));
        assertThat(accounting.received() + accounting.dequeued()).isEqualTo((long) threads * messages);
        assertThat(settled).isEqualTo((long) threads * messages);
        assertThat(accounting.inFlight()).isZero();
        assertThat(accounting.oldestInFlightSeconds()).isZero();
        assertThat(meters.find("msgstore.enqueue.drop").functionCounters().stream()
                        .mapToDouble(counter -> counter.count())
                        .sum())
                .isEqualTo(accounting.total(Outcome.DROPPED));
    }

    private void settled(Outcome outcome, String label) {
        Ticket ticket = accounting.receive(exchange());
        ticket.outcome(outcome, label);
        ticket.onComplete(null);
    }

    private static void settle(Ticket ticket) {
        ticket.outcome(Outcome.STORED, "gps");
        ticket.onComplete(null);
    }

    private double metric(String name) {
        return meters.get(name).meter().measure().iterator().next().getValue();
    }

    private static Exchange exchange() {
        return new DefaultExchange(CAMEL);
    }
}
