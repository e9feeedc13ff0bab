/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.direct;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import org.apache.camel.AsyncProducer;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.apache.camel.impl.DefaultCamelContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

class LiveDirectTest {
    private static final Duration SOON = Limits.LIMIT;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final List<String> stored = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws Exception {
        camel.addComponent("direct", new LiveDirectComponent());
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("direct:end?synchronous=true")
                        .process(exchange -> stored.add(exchange.getMessage().getBody(String.class)));
            }
        });
        camel.addRoutes(store(""));
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    @Test
    void whileOneMessageWaitsForAStoppedRouteTheOthersDoToo() throws Exception {
        AsyncProducer producer = producer("direct:store");
        assertThat(send(producer, "1").getException()).isNull();
        camel.getRouteController().stopRoute("store");

        CompletableFuture<Exchange> second = sendAndAwaitItsWait(producer, "2");
        CompletableFuture<Exchange> third = sendAndAwaitItsWait(producer, "3");
        camel.getRouteController().startRoute("store");

        for (CompletableFuture<Exchange> waiting : List.of(second, third)) {
            assertThat(waiting.get(20, TimeUnit.SECONDS).getException()).isNull();
        }
        assertThat(stored).containsExactlyInAnyOrder("1", "2", "3");
    }

    @Test
    void aMessageGoesToTheRouteThatTookThePlaceOfAnother() throws Exception {
        AsyncProducer producer = producer("direct:store");
        send(producer, "1");
        camel.getRouteController().stopRoute("store");
        camel.removeRoute("store");
        camel.addRoutes(store("new "));

        assertThat(send(producer, "2").getException()).isNull();
        assertThat(stored).containsExactly("1", "new 2");
    }

    @Test
    void aMessageForARouteThatStaysStoppedFailsAfterItsWaitUnlessThatIsNoFailure() throws Exception {
        camel.getRouteController().stopRoute("store");

        assertThat(send(producer("direct:store?timeout=50"), "1").getException())
                .isInstanceOf(DirectConsumerNotAvailableException.class);
        assertThat(send(producer("direct:store?block=false"), "2").getException())
                .isInstanceOf(DirectConsumerNotAvailableException.class);
        assertThat(send(producer("direct:store?block=false&failIfNoConsumers=false"), "3")
                        .getException())
                .isNull();
        assertThat(stored).isEmpty();
    }

    private static RouteBuilder store(String prefix) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("direct:store")
                        .routeId("store")
                        .setBody(simple(prefix + "${body}"))
                        .to("direct:end");
            }
        };
    }

    private AsyncProducer producer(String uri) throws Exception {
        AsyncProducer producer = camel.getEndpoint(uri).createAsyncProducer();
        camel.addService(producer);
        return producer;
    }

    private static Exchange send(AsyncProducer producer, String body) throws Exception {
        Exchange exchange = producer.getEndpoint().createExchange();
        exchange.getMessage().setBody(body);
        producer.process(exchange);
        return exchange;
    }

    /** Sends it on a thread of its own, and returns when that waits, or has ended. */
    private static CompletableFuture<Exchange> sendAndAwaitItsWait(AsyncProducer producer, String body) {
        CompletableFuture<Exchange> sent = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                sent.complete(send(producer, body));
            } catch (Exception e) {
                sent.completeExceptionally(e);
            }
        });
        thread.start();
        Awaitility.await("wait of " + body)
                .atMost(SOON)
                .until(() -> sent.isDone() || thread.getState() == Thread.State.TIMED_WAITING);
        return sent;
    }
}
