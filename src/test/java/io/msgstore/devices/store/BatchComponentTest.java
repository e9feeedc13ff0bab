/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.PrototypeExchangeFactory;
import org.apache.camel.spi.ExchangeFactory;
import org.apache.camel.spi.Synchronization;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.Parameters;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

class BatchComponentTest {
    private static final String NEVER = "600000";
    private static final Duration SOON = Limits.LIMIT;

    private final Accounting accounting = new Accounting(new SimpleMeterRegistry());
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final List<String> written = new ArrayList<>();
    private final List<Thread> writers = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> settled = new ConcurrentLinkedQueue<>();
    private Processor write = exchange -> {};

    @AfterEach
    void stop() {
        camel.stop();
    }

    @Test
    void writesABatchThatIsFullBySizeOnTheThreadThatFillsIt() throws Exception {
        start("size=3&linger=" + NEVER, 1);
        send("1", "2");
        assertThat(written()).isEmpty();
        assertThat(settled).isEmpty();
        send("3", "4");
        assertThat(written()).containsExactly("[1,2,3]");
        assertThat(writers).containsOnly(Thread.currentThread());
        assertThat(settled).containsExactly("complete 1", "complete 2", "complete 3");
    }

    @Test
    void refusesASecondRouteForTheSameBatch() throws Exception {
        start("size=3", 1);
        assertThatThrownBy(() -> camel.addRoutes(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("batch:x?size=4").to("direct:in");
                    }
                }))
                .hasMessage("two routes begin with from: batch:x");
    }

    @Test
    void writesABatchThatIsFullByBytes() throws Exception {
        start("size=100&maxBytes=8&linger=" + NEVER, 1);
        send("1111", "222");
        assertThat(written()).isEmpty();
        send("3");
        assertThat(written()).containsExactly("[1111,222,3]");
        send("12345678");
        assertThat(written()).containsExactly("[1111,222,3]", "[12345678]");
    }

    @Test
    void writesEveryMessageAtOnceWithSizeOne() throws Exception {
        start("size=1&linger=" + NEVER, 1);
        send("1", "2");
        assertThat(written()).containsExactly("[1]", "[2]");
        assertThat(settled).containsExactly("complete 1", "complete 2");
    }

    @Test
    void writesABatchThatIsNotFullWhenItsOldestMessageHasWaited() throws Exception {
        start("size=100&linger=50", 1);
        long before = System.nanoTime();
        send("1", "2");
        await().atMost(SOON).until(() -> settled.size() == 2);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
        assertThat(written()).containsExactly("[1,2]");
        assertThat(writers).doesNotContain(Thread.currentThread());
    }

    @Test
    void writesEarlyWhenItHoldsEverythingThatIsInFlight() throws Exception {
        start("size=100&linger=" + NEVER, 0);
        send("1");
        await().atMost(SOON).until(() -> settled.contains("complete 1"));
    }

    @Test
    void waitsWhileSomethingElseIsInFlightAndWritesWhenItHoldsThatToo() throws Exception {
        start("size=100&linger=" + NEVER, 0);
        // the second message is received before the first is in the batch, as behind a queue
        Exchange first = message("1");
        Exchange second = message("2");
        ProducerTemplate template = camel.createProducerTemplate();
        template.send("direct:in", first);
        assertThat(pending()).isEqualTo(1);
        assertThat(written()).isEmpty();
        template.send("direct:in", second);
        await().atMost(SOON).until(() -> settled.size() == 2);
        assertThat(written()).containsExactly("[1,2]");
    }

    @Test
    void holdsTheCallerThatFillsABatchUntilItIsWrittenButNobodyElse() throws Exception {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        write = exchange -> {
            if (exchange.getVariable(Parameters.BATCH, String.class).startsWith("[1,")) {
                writing.countDown();
                goOn.await();
            }
        };
        start("size=2&linger=" + NEVER, 1);
        send("1");
        CompletableFuture<Void> filler = CompletableFuture.runAsync(() -> send("2"));
        assertThat(writing.await(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        // no lock is held: another batch is gathered and written while the first is under way
        send("3", "4");
        assertThat(settled).containsExactly("complete 3", "complete 4");
        assertThat(filler).isNotDone();
        assertThat(pending()).isEqualTo(2);
        goOn.countDown();
        filler.get(Limits.SECONDS, TimeUnit.SECONDS);
        assertThat(settled).containsExactly("complete 3", "complete 4", "complete 1", "complete 2");
        assertThat(pending()).isZero();
    }

    @Test
    void letsABatchGrowWhileTwoAreWrittenAndWritesItWhenOneIsDone() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        holdUp(Map.of("[1,2]", first, "[3,4]", second));
        start("size=2&linger=" + NEVER, 1);
        CompletableFuture<Void> one = writing("[1,2]", "1", "2");
        CompletableFuture<Void> two = writing("[3,4]", "3", "4");
        send("5", "6", "7");
        assertThat(written()).hasSize(2);
        assertThat(pending()).isEqualTo(7);
        second.countDown();
        two.get(Limits.SECONDS, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> settled.size() == 5);
        assertThat(written()).endsWith("[5,6,7]");
        assertThat(settled)
                .containsExactlyInAnyOrder("complete 3", "complete 4", "complete 5", "complete 6", "complete 7");
        first.countDown();
        one.get(Limits.SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void writesABatchOfTwiceItsSizeThoughTwoAreBeingWritten() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        holdUp(Map.of("[1,2]", goOn, "[3,4]", goOn));
        start("size=2&linger=" + NEVER, 1);
        CompletableFuture<Void> one = writing("[1,2]", "1", "2");
        CompletableFuture<Void> two = writing("[3,4]", "3", "4");
        send("5", "6", "7", "8");
        assertThat(written()).endsWith("[5,6,7,8]");
        assertThat(settled).hasSize(4);
        goOn.countDown();
        CompletableFuture.allOf(one, two).get(Limits.SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void doesNotWaitForEverForTwoThatAreBeingWritten() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        holdUp(Map.of("[1,2]", goOn, "[3,4]", goOn));
        start("size=2&linger=50", 1);
        CompletableFuture<Void> one = writing("[1,2]", "1", "2");
        CompletableFuture<Void> two = writing("[3,4]", "3", "4");
        send("5");
        await().atMost(SOON).until(() -> settled.contains("complete 5"));
        goOn.countDown();
        CompletableFuture.allOf(one, two).get(Limits.SECONDS, TimeUnit.SECONDS);
    }

    private void holdUp(Map<String, CountDownLatch> batches) {
        write = exchange -> {
            CountDownLatch goOn = batches.get(exchange.getVariable(Parameters.BATCH, String.class));
            if (goOn != null) {
                goOn.await();
            }
        };
    }

    private CompletableFuture<Void> writing(String batch, String... bodies) {
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send(bodies));
        await().atMost(SOON).until(() -> written().contains(batch));
        return sender;
    }

    @Test
    void leavesTheMessagesOfAFailedBatchUnacknowledged() throws Exception {
        write = exchange -> {
            throw new IllegalStateException("refused");
        };
        start("size=2&linger=" + NEVER, 1);
        send("1", "2");
        assertThat(settled).containsExactly("failure 1", "failure 2");
        assertThat(accounting.unaccounted()).isZero();
        assertThat(accounting.inFlight()).isEqualTo(1);
    }

    @Test
    void goesOnAfterAFailedBatch() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        write = exchange -> {
            if (calls.getAndIncrement() == 0) {
                throw new IllegalStateException("refused");
            }
        };
        start("size=100&linger=1", 1);
        send("1");
        await().atMost(SOON).until(() -> settled.contains("failure 1"));
        send("2");
        await().atMost(SOON).until(() -> settled.contains("complete 2"));
    }

    @Test
    void writesABatchThatItIsGivenAsItIs() throws Exception {
        start("size=2&linger=" + NEVER, 1);
        write = exchange -> {
            Batch batch = exchange.getMessage().getBody(Batch.class);
            if (batch.getSize() == 2) {
                for (Batch half : batch.getHalves()) {
                    camel.createProducerTemplate().sendBody("batch:x", half);
                }
            }
        };
        send("1", "2");
        assertThat(written()).containsExactly("[1,2]", "[1]", "[2]");
        assertThat(settled).containsExactly("complete 1", "complete 2");
    }

    @Test
    void writesWhatIsOpenWhenItStops() throws Exception {
        start("size=100&linger=200", 1);
        send("1", "2");
        camel.stop();
        assertThat(written()).containsExactly("[1,2]");
        assertThat(settled).containsExactly("complete 1", "complete 2");
    }

    @Test
    void doesNotWaitForTheLingerWhenItStops() throws Exception {
        start("size=100&linger=" + NEVER, 1);
        send("1", "2");
        camel.stop();
        assertThat(settled).containsExactly("complete 1", "complete 2");
    }

    @Test
    void countsABatchAsPendingUntilItIsWritten() throws Exception {
        // what is taken out of the open batch and not yet an exchange must not look like nothing: a stop would go on
        List<Integer> pendingAtTheHandOver = new ArrayList<>();
        camel.getCamelContextExtension().setExchangeFactory(new Watched(pendingAtTheHandOver));
        start("size=2&linger=" + NEVER, 1);
        send("1", "2");
        assertThat(pendingAtTheHandOver).containsExactly(2);
        assertThat(pending()).isZero();
    }

    @Test
    void refusesAMessageThatNoRouteTakes() throws Exception {
        start("size=2&linger=" + NEVER, 1);
        Exchange exchange = message("1");
        camel.createProducerTemplate().send("batch:nowhere", exchange);
        assertThat(exchange.getException())
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("no running route has from: batch:nowhere");
        assertThat(settled).containsExactly("failure 1");
    }

    /** @param elsewhere messages that are in flight and never reach the batch */
    private void start(String options, int elsewhere) throws Exception {
        for (int i = 0; i < elsewhere; i++) {
            accounting.receive(camel.getEndpoint("direct:elsewhere").createExchange());
        }
        camel.addComponent("batch", new BatchComponent(accounting));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("direct:in").to("batch:x");
                from("batch:x?" + options).routeId("write").process(exchange -> {
                    synchronized (written) {
                        written.add(exchange.getVariable(Parameters.BATCH, String.class));
                        writers.add(Thread.currentThread());
                    }
                    write.process(exchange);
                });
            }
        });
        camel.getShutdownStrategy().setTimeout(20);
        camel.start();
    }

    private void send(String... bodies) {
        ProducerTemplate template = camel.createProducerTemplate();
        for (String body : bodies) {
            template.send("direct:in", message(body));
        }
    }

    private Exchange message(String body) {
        Exchange exchange = camel.getEndpoint("direct:in").createExchange();
        exchange.getMessage().setBody(body);
        Ticket ticket = accounting.receive(exchange);
        ticket.outcome(Outcome.STORED, "x");
        exchange.getExchangeExtension().addOnCompletion(new Synchronization() {
            @Override
            public void onComplete(Exchange done) {
                settled.add("complete " + body);
            }

            @Override
            public void onFailure(Exchange done) {
                settled.add("failure " + body);
            }
        });
        return exchange;
    }

    private List<String> written() {
        synchronized (written) {
            return List.copyOf(written);
        }
    }

    private int pending() {
        return ((BatchConsumer) camel.getRoute("write").getConsumer()).getPendingExchangesSize();
    }

    /** Looks at what the batch consumer calls pending while it makes its exchange. */
    private static final class Watched extends PrototypeExchangeFactory {
        private final List<Integer> pending;
        private BatchConsumer watched;

        Watched(List<Integer> pending) {
            this.pending = pending;
        }

        private Watched(List<Integer> pending, Consumer consumer) {
            super(consumer);
            this.pending = pending;
            watched = consumer instanceof BatchConsumer batch ? batch : null;
        }

        @Override
        public ExchangeFactory newExchangeFactory(Consumer consumer) {
            Watched factory = new Watched(pending, consumer);
            factory.setCamelContext(camelContext);
            return factory;
        }

        @Override
        public Exchange create(Endpoint fromEndpoint, boolean autoRelease) {
            if (watched != null) {
                pending.add(watched.getPendingExchangesSize());
            }
            return super.create(fromEndpoint, autoRelease);
        }
    }
}
