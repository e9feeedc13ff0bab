/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.msgstore.contract.ExchangeProperties;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class QueueComponentTest {
    private static final Duration SOON = Limits.LIMIT;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final List<Exchange> worked = new CopyOnWriteArrayList<>();
    private final List<Thread> workers = new CopyOnWriteArrayList<>();
    private final List<Exchange> returned = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws Exception {
        camel.addComponent("queue", new QueueComponent());
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("direct:in").to("queue:q?size=2");
                from("queue:q?size=2").routeId("work").process(exchange -> {
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
                from("direct:put").to("queue:dying");
                from("queue:dying")
                        .errorHandler(defaultErrorHandler())
                        .onException(Exception.class)
                        .handled(true)
                        .end()
                        .to("direct:dying");
                from("direct:dying").process(exchange -> {
                    throw new StackOverflowError();
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
        Consumer consumer = camel.getEndpoint("queue:other").createConsumer(dying);
        consumer.start();
        Exchange exchange = camel.getEndpoint("queue:other").createExchange();
        CompletableFuture<Void> done = new CompletableFuture<>();
        var producer = camel.getEndpoint("queue:other").createAsyncProducer();
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
        exchange.getExchangeExtension().addOnCompletion(new Synchronization() {
            @Override
            public void onComplete(Exchange done) {
                settled.add("complete");
            }

            @Override
            public void onFailure(Exchange done) {
                settled.add("failure");
            }
        });
        var producer = camel.getEndpoint("direct:handling").createAsyncProducer();
        producer.start();
        producer.process(exchange, doneSync -> returned.add(exchange));
        await().atMost(SOON).until(() -> !returned.isEmpty());
        assertThat(settled).containsExactly("failure");
    }

    @Test
    void refusesWhatHasNoPlace() throws Exception {
        fill(null);
        Exchange exchange = send("too many");
        assertThat(returned).containsExactly(exchange);
        assertThat(exchange.getException())
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("queue://q?size=2 is full");
    }

    @Test
    void saysThatItHasTakenAMessageAndNotThatItHasNot() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        fill(taken);
        assertThat(taken).hasValue(3);
        assertThat(returned).isEmpty();
        send("too many", taken);
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

    // one at work, and two in the queue
    private void fill(AtomicInteger taken) throws Exception {
        QueueConsumer queue = (QueueConsumer) camel.getRoute("work").getConsumer();
        send("at work", taken);
        await().atMost(SOON).until(() -> queue.getPendingExchangesSize() == 0);
        send("waiting 1", taken);
        send("waiting 2", taken);
    }

    private Exchange send(String body) throws Exception {
        return send(body, null);
    }

    private Exchange send(String body, AtomicInteger taken) throws Exception {
        Exchange exchange = camel.getEndpoint("direct:in").createExchange();
        exchange.getMessage().setBody(body);
        if (taken != null) {
            exchange.setProperty(ExchangeProperties.ENQUEUED, (Runnable) taken::incrementAndGet);
        }
        var producer = camel.getEndpoint("direct:in").createAsyncProducer();
        producer.start();
        producer.process(exchange, doneSync -> returned.add(exchange));
        return exchange;
    }
}
