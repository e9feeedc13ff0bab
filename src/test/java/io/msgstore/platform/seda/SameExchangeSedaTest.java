/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.seda;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.AsyncProducer;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.seda.LinkedBlockingQueueFactory;
import org.apache.camel.component.seda.SedaConsumer;
import org.apache.camel.component.seda.SedaEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * What {@code seda:} promises here. With Camel's own component (4.17.0) in place of ours 21 of the first 24 fail. The others,
 * {@code keepsMessagesWhileItsRouteIsSuspended}, {@code finishesWhatItHoldsWhenCamelStops} and {@code
 * goesOnWithNewWorkersThoughOneOfThoseBeforeHangs}, look at exchanges that Camel's gives back at once.
 */
class SameExchangeSedaTest {
    private static final Duration SOON = Limits.LIMIT;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Semaphore hanging = new Semaphore(0);
    private final List<Exchange> worked = new CopyOnWriteArrayList<>();
    private final List<Thread> workers = new CopyOnWriteArrayList<>();
    private final List<Exchange> returned = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws Exception {
        camel.addComponent("seda", new SameExchangeSedaComponent());
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("direct:in").to("seda:q?size=2");
                from("seda:q?size=2").routeId("work").process(exchange -> {
                    goOn.await();
                    worked.add(exchange);
                    workers.add(Thread.currentThread());
                    if ("bad".equals(exchange.getMessage().getBody())) {
                        throw new IllegalStateException("bad");
                    }
                });
                from("direct:handling")
                        .errorHandler(defaultErrorHandler())
                        .onException(Exception.class)
                        .handled(true)
                        .end()
                        .to("direct:put");
                from("direct:put").to("seda:dying");
                from("seda:dying")
                        .errorHandler(defaultErrorHandler())
                        .onException(Exception.class)
                        .handled(true)
                        .end()
                        .to("direct:dying");
                from("direct:dying").process(exchange -> {
                    throw new StackOverflowError();
                });
                from("direct:blocking").to("seda:q?size=2&blockWhenFull=true");
                from("direct:patient").to("seda:q?size=2&blockWhenFull=true&offerTimeout=200");
                from("direct:discarding").to("seda:q?size=2&discardWhenFull=true");
                from("direct:hang").to("seda:hang");
                from("seda:hang").routeId("hang").process(exchange -> {
                    if ("hang".equals(exchange.getMessage().getBody())) {
                        hanging.release();
                        awaitWhateverInterrupts(goOn);
                    }
                });
            }
        });
        camel.getShutdownStrategy().setTimeout(20);
        camel.start();
    }

    @AfterEach
    void stop() {
        goOn.countDown();
        camel.stop();
    }

    @Test
    void goesOnWithTheSameExchangeOnAWorkerAndReturnsItWhenThatIsDone() throws Exception {
        Exchange exchange = send("1");
        assertThat(returned).isEmpty();
        goOn.countDown();
        await().atMost(SOON).until(() -> !returned.isEmpty());
        assertThat(worked).containsExactly(exchange);
        assertThat(workers).doesNotContain(Thread.currentThread());
        assertThat(returned).containsExactly(exchange);
        assertThat(exchange.getException()).isNull();
    }

    @Test
    void returnsWhatTheWorkerFailedWith() throws Exception {
        goOn.countDown();
        Exchange exchange = send("bad");
        await().atMost(SOON).until(() -> !returned.isEmpty());
        assertThat(exchange.getException()).hasMessage("bad");
        send("good");
        await().atMost(SOON).until(() -> returned.size() == 2);
    }

    @Test
    void returnsAnExchangeOnceWhoseWorkerDiesOfAnError() throws Exception {
        AtomicInteger times = new AtomicInteger();
        AsyncProcessor dying = new AsyncProcessorSupport() {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                throw new StackOverflowError();
            }
        };
        Consumer consumer = camel.getEndpoint("seda:other").createConsumer(dying);
        consumer.start();
        Exchange exchange = camel.getEndpoint("seda:other").createExchange();
        CompletableFuture<Void> done = new CompletableFuture<>();
        var producer = camel.getEndpoint("seda:other").createAsyncProducer();
        producer.start();
        boolean here = producer.process(exchange, doneSync -> {
            times.incrementAndGet();
            assertThat(doneSync).isFalse();
            done.complete(null);
        });
        done.get(Limits.SECONDS, TimeUnit.SECONDS);
        consumer.stop();
        assertThat(here).isFalse();
        assertThat(exchange.getException()).hasCauseInstanceOf(StackOverflowError.class);
        assertThat(times).hasValue(1);
    }

    @Test
    void leavesAnErrorUnhandledWhateverTheRoutesSay() throws Exception {
        List<String> settled = new CopyOnWriteArrayList<>();
        Exchange exchange = camel.getEndpoint("direct:handling").createExchange();
        exchange.getExchangeExtension().addOnCompletion(noting(settled));
        process("direct:handling", exchange);
        await().atMost(SOON).until(() -> !returned.isEmpty());
        assertThat(settled).containsExactly("failure");
    }

    @Test
    void refusesWhatHasNoPlace() throws Exception {
        fill(null);
        Exchange exchange = send("too many");
        assertThat(returned).containsExactly(exchange);
        assertThat(exchange.getException())
                .isInstanceOf(QueueFullException.class)
                .hasMessage("seda://q?size=2 is full");
    }

    @Test
    void refusesWithoutAStackTrace() throws Exception {
        fill(null);
        assertThat(send("too many").getException().getStackTrace()).isEmpty();
    }

    @Test
    void waitsForAPlaceAsLongAsItIsTold() throws Exception {
        fill(null);
        long before = System.nanoTime();
        Exchange exchange = send("direct:patient", "too many", null);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        assertThat(exchange.getException()).isInstanceOf(QueueFullException.class);
    }

    @Test
    void waitsForAPlaceWithoutAnEndWhereNoneIsGiven() throws Exception {
        fill(null);
        CompletableFuture<Exchange> sender = CompletableFuture.supplyAsync(() -> send("direct:blocking", "1", null));
        // longer than one look at whether it is stopped
        await().during(Duration.ofMillis(300)).atMost(SOON).until(() -> !sender.isDone());
        goOn.countDown();
        Exchange exchange = sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> returned.contains(exchange));
        assertThat(exchange.getException()).isNull();
        assertThat(worked).contains(exchange);
    }

    @Test
    void failsAMessageWhoseSenderIsInterruptedWhileItWaits() throws Exception {
        fill(null);
        AtomicInteger taken = new AtomicInteger();
        CompletableFuture<Exchange> sent = new CompletableFuture<>();
        Thread sender = new Thread(() -> sent.complete(send("direct:blocking", "waits", taken)));
        sender.start();
        await().atMost(SOON).until(() -> sender.getState() == Thread.State.TIMED_WAITING);
        sender.interrupt();
        Exchange exchange = sent.get(Limits.SECONDS, TimeUnit.SECONDS);
        assertThat(exchange.getException()).isInstanceOf(InterruptedException.class);
        goOn.countDown();
        await().atMost(SOON).until(() -> returned.size() == 4);
        assertThat(worked).hasSize(3).doesNotContain(exchange);
        assertThat(taken).hasValue(0);
    }

    @Test
    void failsAMessageThatWaitsForAPlaceWhenItIsStopped() throws Exception {
        fill(null);
        CompletableFuture<Exchange> sender =
                CompletableFuture.supplyAsync(() -> send("direct:blocking", "waits", null));
        await().during(Duration.ofMillis(300)).atMost(SOON).until(() -> !sender.isDone());
        camel.getShutdownStrategy().setTimeout(1);
        camel.stop();
        assertThat(sender.get(Limits.SECONDS, TimeUnit.SECONDS).getException())
                .isInstanceOf(RejectedExecutionException.class)
                .isNotInstanceOf(QueueFullException.class);
    }

    @Test
    void completesAndCountsWhatItDiscards() throws Exception {
        fill(null);
        Accounting accounting = new Accounting(new SimpleMeterRegistry());
        List<String> settled = new CopyOnWriteArrayList<>();
        Exchange exchange = camel.getEndpoint("direct:discarding").createExchange();
        exchange.getExchangeExtension().addOnCompletion(noting(settled));
        accounting.receive(exchange);
        process("direct:discarding", exchange);
        assertThat(settled).containsExactly("complete");
        assertThat(accounting.total(Outcome.DROPPED)).isOne();
        assertThat(accounting.unaccounted()).isZero();
        goOn.countDown();
        await().atMost(SOON).until(() -> returned.size() == 4);
        assertThat(worked).hasSize(3).doesNotContain(exchange);
    }

    @Test
    void goesOnWithNewWorkersThoughOneOfThoseBeforeHangs() throws Exception {
        Exchange first = send("direct:hang", "hang", null);
        hanging.acquire();
        Consumer consumer = camel.getRoute("hang").getConsumer();
        consumer.stop();
        consumer.start();
        Exchange second = send("direct:hang", "2", null);
        await().atMost(SOON).until(() -> returned.contains(second));
        goOn.countDown();
        await().atMost(SOON).until(() -> returned.contains(first));
        Exchange third = send("direct:hang", "3", null);
        await().atMost(SOON).until(() -> returned.contains(third));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipleConsumers=true",
                "purgeWhenStopping=true",
                "discardIfNoConsumers=true",
                "failIfNoConsumers=true",
                "waitForTaskToComplete=Always",
                "timeout=1000",
                "queue=#queue",
                "queueFactory=#queueFactory",
            })
    void refusesOptionsThatWouldLoseAMessage(String option) {
        camel.getRegistry().bind("queue", new LinkedBlockingQueue<Exchange>());
        camel.getRegistry().bind("queueFactory", new LinkedBlockingQueueFactory<Exchange>());
        String name = option.replaceFirst("=.*", "");
        assertThatThrownBy(() -> camel.getEndpoint("seda:other?" + option))
                .rootCause()
                .hasMessageStartingWith("seda://other?")
                .hasMessageContaining(": option " + name + " is not supported, because ");
    }

    @Test
    void showsWhatWaits() {
        fill(null);
        SedaEndpoint endpoint = camel.getEndpoint("seda:q?size=2", SedaEndpoint.class);
        assertThat(endpoint.getExchanges())
                .extracting(exchange -> exchange.getMessage().getBody())
                .containsExactly("waiting 1", "waiting 2");
        assertThat(endpoint.getCurrentQueueSize()).isEqualTo(2);
        assertThat(((SameExchangeSedaComponent) endpoint.getComponent()).length("q"))
                .isEqualTo(2);
    }

    @Test
    void refusesToBePurgedOrPolled() {
        SedaEndpoint endpoint = camel.getEndpoint("seda:q?size=2", SedaEndpoint.class);
        assertThatThrownBy(endpoint::purgeQueue).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(endpoint::createPollingConsumer).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void saysThatItHasTakenAMessageAndNotThatItHasNot() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        fill(taken);
        assertThat(taken).hasValue(3);
        assertThat(returned).isEmpty();
        send("direct:in", "too many", taken);
        assertThat(taken).hasValue(3);
    }

    @Test
    void keepsMessagesWhileItsRouteIsSuspended() throws Exception {
        camel.getRouteController().suspendRoute("work");
        goOn.countDown();
        send("1");
        await().during(Duration.ofMillis(300)).atMost(SOON).until(worked::isEmpty);
        camel.getRouteController().resumeRoute("work");
        await().atMost(SOON).until(() -> returned.size() == 1);
    }

    @Test
    void finishesWhatItHoldsWhenCamelStops() throws Exception {
        fill(null);
        CompletableFuture<Void> stop = CompletableFuture.runAsync(camel::stop);
        await().atMost(SOON).until(camel::isStopping);
        goOn.countDown();
        stop.get(Limits.SECONDS, TimeUnit.SECONDS);
        assertThat(returned).hasSize(3).allSatisfy(exchange -> assertThat(exchange.getException())
                .isNull());
    }

    @Test
    void leavesWhatAStopCutsOffInTheQueue() throws Exception {
        Exchange atWork = send("at work");
        await().atMost(SOON).until(() -> waiting() == 0);
        Exchange waiting = send("waiting");
        camel.getShutdownStrategy().setTimeout(1);
        camel.stop();
        await().atMost(SOON).until(() -> returned.contains(atWork));
        assertThat(atWork.getException()).isInstanceOf(InterruptedException.class);
        assertThat(returned).doesNotContain(waiting);
        assertThat(worked).isEmpty();
    }

    // one at work, and two in the queue
    private void fill(AtomicInteger taken) {
        send("direct:in", "at work", taken);
        await().atMost(SOON).until(() -> waiting() == 0);
        send("direct:in", "waiting 1", taken);
        send("direct:in", "waiting 2", taken);
    }

    private int waiting() {
        return ((SedaConsumer) camel.getRoute("work").getConsumer()).getPendingExchangesSize();
    }

    private Exchange send(String body) {
        return send("direct:in", body, null);
    }

    private Exchange send(String to, String body, AtomicInteger taken) {
        Exchange exchange = camel.getEndpoint(to).createExchange();
        exchange.getMessage().setBody(body);
        if (taken != null) {
            exchange.setProperty(ExchangeProperties.ENQUEUED, (Runnable) taken::incrementAndGet);
        }
        process(to, exchange);
        return exchange;
    }

    private void process(String to, Exchange exchange) {
        try {
            AsyncProducer producer = camel.getEndpoint(to).createAsyncProducer();
            producer.start();
            producer.process(exchange, doneSync -> returned.add(exchange));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitWhateverInterrupts(CountDownLatch latch) {
        boolean done = false;
        while (!done) {
            try {
                latch.await();
                done = true;
            } catch (InterruptedException e) {
                // as a driver that does not listen
            }
        }
    }

    private static Synchronization noting(List<String> settled) {
        return new Synchronization() {
            @Override
            public void onComplete(Exchange done) {
                settled.add("complete");
            }

            @Override
            public void onFailure(Exchange done) {
                settled.add("failure");
            }
        };
    }
}
