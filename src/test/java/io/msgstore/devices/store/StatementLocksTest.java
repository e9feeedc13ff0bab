/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

class StatementLocksTest {
    private final StatementLocks locks = new StatementLocks(Limits.LIMIT, System::nanoTime);
    private final AtomicInteger readings = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch end = new CountDownLatch(1);

    @AfterEach
    void stop() {
        end.countDown();
        threads.shutdown();
    }

    @Test
    void statementsRunSideBySide() throws Exception {
        try (StatementLocks.Held held = locks.shared(new Batch("gps"))) {
            threads.submit(() -> locks.shared(new Batch("gps")).close()).get();
        }
    }

    @Test
    void anIsolationWaitsForStatementsOfItsNameAndHoldsUpOthers() throws Exception {
        CompletableFuture<Void> isolating = new CompletableFuture<>();
        Future<?> isolation;
        try (StatementLocks.Held held = locks.shared(new Batch("gps"))) {
            isolation = threads.submit(() -> isolate("gps", exchange -> {
                isolating.complete(null);
                end.await();
            }));
            isolate("command", exchange -> {});
            assertThat(isolating).isNotDone();
        }
        isolating.get();
        CompletableFuture<Void> written = new CompletableFuture<>();
        Thread statement = new Thread(() -> {
            locks.shared(new Batch("gps")).close();
            written.complete(null);
        });
        statement.start();
        Awaitility.await("a statement that waits")
                .atMost(Limits.LIMIT)
                .until(() -> statement.getState() == Thread.State.TIMED_WAITING);
        assertThat(written).isNotDone();
        end.countDown();
        written.get();
        isolation.get();
    }

    @Test
    void anIsolationThatFailsLetsOthersGoOn() throws Exception {
        isolate("gps", exchange -> {
            throw new IllegalStateException("refused");
        });
        threads.submit(() -> locks.shared(new Batch("gps")).close()).get();
    }

    @Test
    void whoComesBackTooLateEndsNobodysTurn() {
        StatementLocks impatient = impatient();
        List<Integer> taken = new ArrayList<>();
        // a statement that a silent network has swallowed
        StatementLocks.Held statement = impatient.shared(new Batch("gps"));
        taken.add(readings.getAndSet(0));
        isolate(impatient, "gps", exchange -> {
            taken.add(readings.getAndSet(0));
            // too late
            statement.close();
            impatient.shared(new Batch("gps")).close();
            taken.add(readings.getAndSet(0));
        });
        isolate(impatient, "gps", exchange -> taken.add(readings.getAndSet(0)));
        assertThat(taken)
                .as("taken at once, after a wait for the statement, after one for the isolation, at once")
                .containsExactly(1, 2, 2, 1);
    }

    @Test
    void whoWasWaitedForOnceIsNotWaitedForAgain() {
        StatementLocks impatient = impatient();
        try (StatementLocks.Held statement = impatient.shared(new Batch("gps"))) {
            isolate(impatient, "gps", exchange -> {});
            readings.set(0);
            isolate(impatient, "gps", exchange -> {});
        }
        assertThat(readings).hasValue(1);
    }

    /** Its clock is a limit further at each reading. So a wait takes no time, but a second reading. */
    private StatementLocks impatient() {
        Duration limit = Duration.ofSeconds(1);
        return new StatementLocks(limit, () -> readings.getAndIncrement() * limit.toNanos());
    }

    private void isolate(String name, Processor sql) {
        isolate(locks, name, sql);
    }

    private static void isolate(StatementLocks locks, String name, Processor sql) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(new Batch(name));
        try {
            locks.wrap(null, sql).process(exchange);
        } catch (Exception e) {
            exchange.setException(e);
        }
    }
}
