/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.store;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

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
    private final StatementLocks locks = new StatementLocks(Limits.LIMIT);
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
    void whoTakesTooLongIsWaitedForOnce() throws Exception {
        StatementLocks impatient = new StatementLocks(Duration.ofMillis(1));
        // each stands for a call that a silent network has swallowed
        StatementLocks.Held statement = impatient.shared(new Batch("gps"));
        isolate(impatient, "gps", exchange -> {
            try (StatementLocks.Held next = impatient.shared(new Batch("gps"))) {
                isolate(impatient, "gps", nested -> {});
            }
        });
        statement.close();
        // those that come too late end nobody's turn
        StatementLocks.Held running = locks.shared(new Batch("gps"));
        Thread isolation = new Thread(() -> isolate("gps", exchange -> {}));
        isolation.start();
        Awaitility.await("an isolation that waits")
                .atMost(Limits.LIMIT)
                .until(() -> isolation.getState() == Thread.State.TIMED_WAITING);
        running.close();
        isolation.join();
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
