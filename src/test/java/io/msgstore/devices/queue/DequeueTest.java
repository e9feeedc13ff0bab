/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.QueueForm;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** The steps of a route that takes batches from a durable queue, with a store that settles messages when it is told to. */
class DequeueTest {
    private static final Duration SOON = Limits.LIMIT;
    private static final int LIMIT = 1 << 20;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final Accounting accounting = new Accounting(new SimpleMeterRegistry());
    private final Backlog backlog =
            new Backlog("redis", 100, 0, accounting, new QueueState("redis", ""), System::nanoTime);
    private final Dequeue dequeue = new Dequeue(accounting, backlog, "redis", LIMIT);
    private final List<List<Synchronization>> held = new ArrayList<>();
    private ProducerTemplate worker;

    @BeforeEach
    void start() throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:batch")
                        .errorHandler(noErrorHandler())
                        .process(dequeue::batch)
                        .split(body(), new UseOriginalAggregationStrategy(false))
                        .synchronous()
                        .process(dequeue::message)
                        .to("direct:dispatch")
                        .end()
                        .process(dequeue::await);
                from("direct:dispatch").errorHandler(noErrorHandler()).process(DequeueTest.this::hold);
            }
        });
        camel.start();
        worker = camel.createProducerTemplate();
        for (int i = 0; i < 10; i++) {
            backlog.enqueued(new DefaultExchange(camel));
        }
    }

    @AfterEach
    void stop() {
        for (int i = 0; i < held.size(); i++) {
            settle(i, false);
        }
        camel.stop();
    }

    @Test
    void waitsUntilAllMessagesAreStored() throws Exception {
        CompletableFuture<Exchange> batch = work("one", "two", "three");
        awaitHeld(3);
        settle(2, true);
        settle(0, true);
        assertThat(batch).isNotDone();
        assertThat(accounting.inFlight()).isOne();
        settle(1, true);
        assertThat(batch.get(Limits.SECONDS, TimeUnit.SECONDS).getException()).isNull();
        assertThat(accounting.dequeued()).isEqualTo(3);
        assertThat(accounting.received()).isZero();
        assertThat(accounting.total(Outcome.STORED)).isEqualTo(3);
        assertThat(accounting.accounts().isBalanced()).isTrue();
        assertThat(backlog.length()).isEqualTo(7);
    }

    @Test
    void failsWhenOneIsNotStoredAndAllAreSettled() throws Exception {
        CompletableFuture<Exchange> batch = work("one", "two", "three");
        awaitHeld(3);
        settle(1, false);
        settle(0, true);
        assertThat(batch).isNotDone();
        settle(2, true);
        assertThat(batch.get(Limits.SECONDS, TimeUnit.SECONDS).getException())
                .isInstanceOf(NotStored.class)
                .hasMessage("1 of 3 messages were not stored, and stay in the queue");
        assertThat(accounting.accounts().dropped()).containsEntry("returned", 1L);
        assertThat(backlog.length()).as("all of which are given again").isEqualTo(10);
    }

    @Test
    void aMessageOfNoBatchIsOutOfTheQueueWhenItIsStored() {
        Exchange stored = message(new QueueEntry("1-0", bytes("{}")));
        Exchange failed = message(new QueueEntry("1-1", bytes("{}")));
        assertThat(backlog.length()).isEqualTo(10);
        stored.getProperty(Ticket.PROPERTY, Ticket.class).outcome(Outcome.STORED, "x");
        Completions.take(stored).forEach(completion -> completion.onComplete(stored));
        Completions.take(failed).forEach(completion -> completion.onFailure(failed));
        assertThat(backlog.length()).isEqualTo(9);
    }

    @Test
    void waitsForNothingInAnEmptyBatch() throws Exception {
        assertThat(work().get(Limits.SECONDS, TimeUnit.SECONDS).getException()).isNull();
    }

    @Test
    void oneBatchDoesNotWaitForAnother() throws Exception {
        CompletableFuture<Exchange> first = work("one");
        awaitHeld(1);
        CompletableFuture<Exchange> second = work("two");
        awaitHeld(2);
        settle(1, true);
        second.get(Limits.SECONDS, TimeUnit.SECONDS);
        assertThat(first).isNotDone();
    }

    @Test
    void theWaitEndsWhenItsThreadIsInterrupted() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(() -> failure.set(send("one").getException()));
        thread.start();
        awaitHeld(1);
        await().atMost(SOON).until(() -> thread.getState() == Thread.State.WAITING);
        thread.interrupt();
        thread.join(SOON.toMillis());
        assertThat(failure.get()).isInstanceOf(InterruptedException.class);
        assertThat(accounting.inFlight()).isOne();
    }

    @Test
    void makesTheMessageOfAnEntry() {
        ReceivedMessage source = new ReceivedMessage("devices/a", bytes("{\"event\":\"gps\"}"))
                .receivedAt(1_769_187_600_123L)
                .traceId("t-1");
        Exchange exchange = message(new QueueEntry("1-0", QueueForm.write(Envelope.of(source, LIMIT))));
        Envelope envelope = exchange.getMessage().getBody(Envelope.class);
        assertThat(envelope.topic()).isEqualTo("devices/a");
        assertThat(exchange.getMessage().getHeader(Headers.TRACE_ID)).isEqualTo("t-1");
        assertThat(exchange.getMessage().getHeader(Headers.RECEIVED_AT)).isEqualTo(1_769_187_600_123L);
        assertThat(exchange.getProperty(Ticket.PROPERTY, Ticket.class)).isNotNull();
    }

    @Test
    void anEntryWithoutAValueIsAMessageThatDies() {
        Exchange exchange = message(new QueueEntry("1-0", null));
        assertThat(exchange.getMessage().getBody(Envelope.class).reason()).isEqualTo("not-json");
        assertThat(accounting.dequeued()).isOne();
    }

    @Test
    void whatTheQueueIsOwedIsDoneWhenTheMessageIsStored() {
        List<String> done = new ArrayList<>();
        Exchange exchange = new DefaultExchange(camel);
        exchange.getMessage().setBody(bytes("{}"));
        exchange.getExchangeExtension().addOnCompletion(new Synchronization() {
            @Override
            public void onComplete(Exchange stored) {
                done.add("deleted");
            }

            @Override
            public void onFailure(Exchange failed) {
                done.add("kept");
            }
        });
        dequeue.message(exchange);
        exchange.getProperty(Ticket.PROPERTY, Ticket.class).outcome(Outcome.STORED, "x");
        assertThat(done).isEmpty();
        Completions.take(exchange).forEach(completion -> completion.onComplete(exchange));
        assertThat(done).containsExactly("deleted");
    }

    @Test
    void theKeyOfADeadLetterIsTheSameForTheSameEntry() {
        byte[] plain = bytes("{\"event\":\"unknown\"}");
        String key = key(new QueueEntry("1-0", plain));
        assertThat(key).startsWith("redis/1-0/");
        assertThat(key(new QueueEntry("1-0", plain.clone()))).isEqualTo(key);
        assertThat(key(new QueueEntry("1-1", plain))).isNotEqualTo(key);
        // a queue that was made anew, and counts from the beginning again
        assertThat(key(new QueueEntry("1-0", bytes("{\"event\":\"another\"}")))).isNotEqualTo(key);
    }

    @Test
    void theKeyOfADeadLetterFromAnotherQueueIsInAHeader() {
        Exchange exchange = new DefaultExchange(camel);
        exchange.getMessage().setBody(bytes("{}"));
        exchange.getMessage().setHeader(Headers.QUEUE_ENTRY, "file-7");
        dequeue.message(exchange);
        assertThat(exchange.getProperty(ExchangeProperties.DEAD_LETTER_KEY, String.class))
                .startsWith("redis/file-7/");
        assertThat(key(bytes("{}"))).isNull();
    }

    private String key(Object body) {
        return message(body).getProperty(ExchangeProperties.DEAD_LETTER_KEY, String.class);
    }

    private Exchange message(Object body) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.getMessage().setBody(body);
        dequeue.message(exchange);
        return exchange;
    }

    private CompletableFuture<Exchange> work(String... ids) {
        return CompletableFuture.supplyAsync(() -> send(ids));
    }

    private Exchange send(String... ids) {
        List<QueueEntry> entries = Stream.of(ids)
                .map(id -> new QueueEntry(id, bytes("{\"event\":\"gps\"}")))
                .toList();
        return worker.send("direct:batch", exchange -> exchange.getMessage().setBody(entries));
    }

    private void hold(Exchange exchange) {
        exchange.getProperty(Ticket.PROPERTY, Ticket.class).outcome(Outcome.STORED, "gps");
        List<Synchronization> completions = Completions.take(exchange);
        synchronized (held) {
            held.add(completions);
        }
    }

    private void awaitHeld(int messages) {
        await().atMost(SOON).until(() -> {
            synchronized (held) {
                return held.size() == messages;
            }
        });
    }

    private void settle(int message, boolean stored) {
        List<Synchronization> completions;
        synchronized (held) {
            completions = held.set(message, List.of());
        }
        for (Synchronization completion : completions) {
            if (stored) {
                completion.onComplete(null);
            } else {
                completion.onFailure(null);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
