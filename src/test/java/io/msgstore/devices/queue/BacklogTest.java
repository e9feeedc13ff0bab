/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.support.Limits;
import io.msgstore.support.LogLines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

class BacklogTest {
    private static final int SIZE = 3;
    private static final Duration SOON = Limits.LIMIT;

    private final LogLines log = new LogLines(QueueState.class.getName());
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final Accounting accounting = new Accounting(new SimpleMeterRegistry());
    private final QueueState state = new QueueState("kafka", "");
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);

    @BeforeEach
    void start() {
        camel.start();
    }

    @AfterEach
    void stop() {
        log.close();
        camel.stop();
    }

    // ---- places

    @Test
    void hasAsManyPlacesAsTheQueueHolds() {
        Backlog backlog = backlog(0);
        for (int i = 1; i <= SIZE; i++) {
            assertThat(backlog.full().matches(message())).isFalse();
            assertThat(backlog.length()).isEqualTo(i);
        }
        assertThat(backlog.full().matches(message())).isTrue();
        assertThat(backlog.length()).isEqualTo(SIZE);
    }

    @Test
    void givesNoPlaceTwiceUnderManySenders() throws Exception {
        Backlog backlog = backlog(1, 0);
        AtomicInteger places = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch together = new CountDownLatch(1);
        List<CompletableFuture<Void>> senders = new ArrayList<>();
        for (int s = 0; s < 4; s++) {
            senders.add(CompletableFuture.runAsync(() -> {
                awaitLatch(together);
                for (int i = 0; i < 50_000; i++) {
                    Exchange message = message();
                    if (!backlog.full().matches(message)) {
                        most.accumulateAndGet(places.incrementAndGet(), Math::max);
                        places.decrementAndGet();
                        backlog.free(message);
                    }
                }
            }));
        }
        together.countDown();
        for (CompletableFuture<Void> sender : senders) {
            sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        }
        assertThat(most).hasValue(1);
        assertThat(backlog.length()).isZero();
    }

    @Test
    void aMessageKeepsItsPlaceWhenItIsIn() {
        Backlog backlog = backlog(0);
        Exchange message = message();
        assertThat(backlog.full().matches(message)).isFalse();
        backlog.enqueued(message);
        complete(message);
        assertThat(backlog.length()).isOne();
        backlog.removed(1);
        assertThat(backlog.length()).isZero();
    }

    @Test
    void aPlaceIsFreeAgainOnceWhenTheMessageIsNotPutIn() {
        Backlog backlog = backlog(0);
        backlog.enqueued(message());
        Exchange tooLarge = withPlace(backlog);
        Exchange failed = withPlace(backlog);
        assertThat(backlog.length()).isEqualTo(SIZE);

        backlog.free(tooLarge);
        assertThat(backlog.length()).isEqualTo(2);
        complete(tooLarge);
        assertThat(backlog.length()).isEqualTo(2);

        Completions.take(failed).forEach(completion -> completion.onFailure(failed));
        assertThat(backlog.length()).isOne();
        backlog.free(failed);
        assertThat(backlog.length()).isOne();
        assertThat(state.isAway()).isFalse();
    }

    @Test
    void aPlaceIsFreeAgainWhenTheServerRefusesTheMessage() {
        Backlog backlog = backlog(0);
        Exchange refused = withPlace(backlog);
        refused.setProperty(Exchange.EXCEPTION_CAUGHT, new IllegalStateException("refused"));
        backlog.refused(refused);
        assertThat(backlog.length()).isZero();
        assertThat(state.problem()).contains("refused");
    }

    @Test
    void isFullAfterAWait() {
        Backlog backlog = backlog(100);
        for (int i = 0; i < SIZE; i++) {
            withPlace(backlog);
        }
        long begin = System.nanoTime();
        assertThat(backlog.full().matches(message())).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
    }

    @Test
    void aMessageThatWaitsTakesThePlaceThatGetsFree() throws Exception {
        Backlog backlog = backlog(3_600_000);
        for (int i = 0; i < SIZE; i++) {
            backlog.enqueued(withPlace(backlog));
        }
        CompletableFuture<Boolean> sender =
                CompletableFuture.supplyAsync(() -> backlog.full().matches(message()));
        backlog.removed(1);
        assertThat(sender.get(Limits.SECONDS, TimeUnit.SECONDS)).isFalse();
        assertThat(backlog.length()).isEqualTo(SIZE);
    }

    @Test
    void aMessageCanWaitUntilThereIsAPlace() throws Exception {
        Backlog backlog = backlog(0);
        for (int i = 0; i < SIZE; i++) {
            backlog.enqueued(withPlace(backlog));
        }
        Thread waiting = new Thread(() -> backlog.await(message()));
        waiting.start();
        await().atMost(SOON).until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        assertThat(backlog.length()).isEqualTo(SIZE);
        backlog.removed(2);
        waiting.join(SOON.toMillis());
        assertThat(waiting.isAlive()).isFalse();
        assertThat(backlog.length()).isEqualTo(SIZE - 1);
    }

    @Test
    void aMessageDoesNotWaitLongerThanMsgstoreRuns() {
        Backlog backlog = backlog(3_600_000);
        for (int i = 0; i < SIZE; i++) {
            withPlace(backlog);
        }
        camel.stop();
        assertThatThrownBy(() -> backlog.full().matches(message())).isInstanceOf(NotStored.class);
        assertThatThrownBy(() -> backlog.await(message()))
                .isInstanceOf(NotStored.class)
                .hasMessage("stopped before there was a place in the queue kafka");
    }

    @Test
    void aMessageWaitsNoLongerWhenItsThreadIsInterrupted() {
        Backlog backlog = backlog(3_600_000);
        for (int i = 0; i < SIZE; i++) {
            withPlace(backlog);
        }
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> backlog.await(message())).isInstanceOf(NotStored.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whatHasAPlaceAndIsNotInIsNotToBeStoredFromHere() {
        Backlog backlog = backlog(0);
        Exchange message = message();
        accounting.receive(message);
        assertThat(backlog.full().matches(message)).isFalse();
        assertThat(accounting.toStore()).isZero();
        backlog.free(message);
        assertThat(accounting.toStore()).isOne();
        Completions.take(message).forEach(completion -> completion.onFailure(message));
        assertThat(accounting.toStore()).isZero();
    }

    @Test
    void accountsForWhatTheServerHas() {
        Backlog backlog = backlog(0);
        Exchange message = message();
        accounting.receive(message);
        assertThat(backlog.full().matches(message)).isFalse();
        backlog.enqueued(message);
        complete(message);
        assertThat(accounting.accounts().enqueued()).containsEntry("kafka", 1L);
        assertThat(accounting.inFlight()).isZero();
    }

    @Test
    void countsWhatFoundItsPlaceAtTheServerAndNotWhatWasDropped() {
        Backlog backlog = backlog(0);
        Exchange taken = message();
        accounting.receive(taken);
        backlog.enqueued(taken);
        Exchange dropped = message();
        accounting.receive(dropped).outcome(Outcome.DROPPED, "queue-full");
        backlog.enqueued(dropped);
        complete(taken);
        complete(dropped);
        assertThat(backlog.length()).isOne();
        assertThat(accounting.total(Outcome.ENQUEUED)).isOne();
        assertThat(accounting.total(Outcome.DROPPED)).isOne();
    }

    // ---- what the server says

    @Test
    void believesTheServerAndCountsOn() {
        Backlog backlog = backlog(0);
        measured(backlog, asked(backlog), 1);
        assertThat(backlog.length()).isOne();
        withPlace(backlog);
        backlog.enqueued(withPlace(backlog));
        assertThat(backlog.length()).isEqualTo(SIZE);
        assertThat(backlog.full().matches(message())).isTrue();
        backlog.removed(1);
        assertThat(backlog.length()).isEqualTo(SIZE - 1);
    }

    @Test
    void isFullWhenOthersFilledTheQueue() {
        Backlog backlog = backlog(0);
        measured(backlog, asked(backlog), 1_000_000_000_000L);
        assertThat(backlog.length()).isEqualTo(1_000_000_000_000L);
        assertThat(backlog.full().matches(message())).isTrue();
    }

    @Test
    void isNeverShorterThanEmpty() {
        Backlog backlog = backlog(0);
        backlog.removed(5);
        assertThat(backlog.length()).isZero();
        withPlace(backlog);
        assertThat(backlog.length()).isOne();
    }

    @Test
    void doesNotBelieveAnAnswerThatMessagesCameOrWentBefore() {
        Backlog backlog = backlog(0);
        measured(backlog, asked(backlog), 1);

        Exchange beforeOneCame = asked(backlog);
        backlog.enqueued(withPlace(backlog));
        measured(backlog, beforeOneCame, 1);
        assertThat(backlog.length()).isEqualTo(2);

        Exchange beforeOneWent = asked(backlog);
        backlog.removed(1);
        measured(backlog, beforeOneWent, 2);
        assertThat(backlog.length()).isOne();

        Exchange inTheMiddle = withPlace(backlog);
        // it may be in the answer already
        measured(backlog, asked(backlog), 2);
        assertThat(backlog.length()).isEqualTo(2);
        backlog.enqueued(inTheMiddle);
        assertThat(backlog.length()).isEqualTo(2);
        measured(backlog, asked(backlog), 0);
        assertThat(backlog.length()).isZero();
    }

    @Test
    void believesAnAnswerWhenTheOlderOneIsStaleThoughMessagesCome() {
        Backlog backlog = backlog(0);
        measured(backlog, asked(backlog), 1);
        Exchange asked = asked(backlog);
        backlog.removed(1);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(3));
        measured(backlog, asked, 2);
        assertThat(backlog.length()).isZero();
        nanos.incrementAndGet();
        measured(backlog, asked, 2);
        assertThat(backlog.length()).isEqualTo(2);
        // which is the fresh one now
        measured(backlog, asked, 1);
        assertThat(backlog.length()).isEqualTo(2);
    }

    @Test
    void believesTheFirstAnswerThoughMessagesCome() {
        Backlog backlog = backlog(0);
        Exchange asked = asked(backlog);
        backlog.removed(1);
        measured(backlog, asked, 2);
        assertThat(backlog.length()).isEqualTo(2);
    }

    @Test
    void knowsByTheAnswerWhetherTheServerIsThere() {
        Backlog backlog = backlog(0);
        Exchange unanswered = asked(backlog);
        unanswered.setProperty(Exchange.EXCEPTION_CAUGHT, new IllegalStateException("no answer"));
        backlog.measured(unanswered);
        assertThat(state.problem()).contains("no answer");
        measured(backlog, asked(backlog), 0);
        assertThat(state.isAway()).isFalse();
        assertThat(log.text()).hasSize(2);
    }

    @Test
    void takesAnAnswerThatIsNoNumberForNone() {
        Backlog backlog = backlog(0);
        Exchange unanswered = asked(backlog);
        unanswered.getMessage().setBody("many");
        backlog.measured(unanswered);
        assertThat(state.problem()).contains("the length of the queue is no number: many");
        assertThat(unanswered.isRouteStop()).isTrue();
    }

    @Test
    void takesTheAnswerOfARouteThatCaughtAnErrorOfItsOwn() {
        Backlog backlog = backlog(0);
        Exchange answered = asked(backlog);
        answered.setProperty(Exchange.EXCEPTION_CAUGHT, new IllegalStateException("the first of two servers"));
        answered.getMessage().setBody("3");
        backlog.measured(answered);
        assertThat(state.isAway()).isFalse();
        assertThat(backlog.length()).isEqualTo(3);
    }

    private Backlog backlog(long waitMillis) {
        return backlog(SIZE, waitMillis);
    }

    private Backlog backlog(int capacity, long waitMillis) {
        return new Backlog("kafka", capacity, waitMillis, accounting, state, nanos::get);
    }

    private Exchange message() {
        return new DefaultExchange(camel);
    }

    private Exchange withPlace(Backlog backlog) {
        Exchange message = message();
        assertThat(backlog.full().matches(message)).isFalse();
        return message;
    }

    private static void complete(Exchange message) {
        Completions.take(message).forEach(completion -> completion.onComplete(message));
    }

    private Exchange asked(Backlog backlog) {
        Exchange exchange = message();
        backlog.measure(exchange);
        return exchange;
    }

    private static void measured(Backlog backlog, Exchange asked, long answer) {
        asked.getMessage().setBody(answer);
        backlog.measured(asked);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
