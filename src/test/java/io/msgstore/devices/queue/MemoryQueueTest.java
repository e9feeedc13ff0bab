/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.AsyncProducer;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.ServiceStatus;
import org.apache.camel.StatefulService;
import org.apache.camel.Suspendable;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.failure.Failures;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.seda.SameExchangeSedaComponent;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** routes/queue/memory.camel.yaml, watched as all queues are, with a worker that is held up, so that the queue fills. */
class MemoryQueueTest {
    private static final int SIZE = 3;
    private static final Duration SOON = Limits.LIMIT;

    private final Accounting accounting = new Accounting(new SimpleMeterRegistry());
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private Broker broker;
    private final Semaphore work = new Semaphore(0);
    private final ConcurrentLinkedQueue<String> settled = new ConcurrentLinkedQueue<>();
    private final Semaphore returns = new Semaphore(0);
    private final ConcurrentLinkedQueue<String> dead = new ConcurrentLinkedQueue<>();
    private AsyncProducer sender;

    @AfterEach
    void stop() {
        work.release(1_000_000);
        broker.leave.countDown();
        camel.stop();
    }

    @Test
    void acknowledgesAMessageWhenItsWorkIsDone() throws Exception {
        start("drop", 50);
        send("1");
        await().atMost(SOON).until(work::hasQueuedThreads);
        assertThat(settled).isEmpty();
        assertThat(accounting.inFlight()).isOne();
        work.release();
        await().atMost(SOON).until(() -> !settled.isEmpty());
        assertThat(settled).containsExactly("complete 1");
        assertThat(accounting.total(Outcome.STORED)).isOne();
    }

    @Test
    void leavesAMessageUnacknowledgedWhoseWorkFailsAndCannotBeSetAside() throws Exception {
        start("drop", 50);
        send("poison");
        work.release();
        await().atMost(SOON).until(() -> !settled.isEmpty());
        assertThat(settled).containsExactly("failure poison");
        assertThat(accounting.unaccounted()).isZero();
    }

    @Test
    void acknowledgesAndCountsWhatItDropsWhenItIsFull() throws Exception {
        start("drop", 50);
        fill();
        send("x");
        send("y");
        assertThat(settled).containsExactly("complete x", "complete y");
        assertThat(accounting.total(Outcome.DROPPED)).isEqualTo(2);
        assertThat(accounting.inFlight()).isEqualTo(SIZE + 1);
        finishTheRest("x", "y");
    }

    @Test
    void doesNotWaitWhenItDrops() throws Exception {
        start("drop", 3_600_000);
        fill();
        send("x");
        assertThat(settled).containsExactly("complete x");
    }

    @Test
    void waitsWhenItBlocksAndThenDrops() throws Exception {
        start("block", 200);
        fill();
        long before = System.nanoTime();
        send("x");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        assertThat(settled).containsExactly("complete x");
        assertThat(accounting.total(Outcome.DROPPED)).isOne();
        finishTheRest("x");
    }

    @Test
    void takesAMessageForWhichAPlaceIsFoundInTime() throws Exception {
        start("block", 3_600_000);
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("x"));
        work.release();
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        work.release(SIZE + 1);
        await().atMost(SOON).until(() -> settled.size() == SIZE + 2);
        assertThat(settled).contains("complete x").doesNotHaveDuplicates();
        assertThat(accounting.total(Outcome.DROPPED)).isZero();
        assertThat(accounting.total(Outcome.STORED)).isEqualTo(SIZE + 2);
    }

    @Test
    void dropsAtOnceWhenItBlocksForNoTime() throws Exception {
        start("block", 0);
        fill();
        CompletableFuture.runAsync(() -> send("x")).get(Limits.SECONDS, TimeUnit.SECONDS);
        assertThat(settled).containsExactly("complete x");
        assertThat(accounting.total(Outcome.DROPPED)).isOne();
    }

    @Test
    void leavesTheBrokerWhenItIsFullAndComesBackWhenItIsHalfEmpty() throws Exception {
        start("disconnect", 10);
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("x"));
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Suspended);
        assertThat(sender).isNotDone();
        assertThat(settled).isEmpty();
        work.release(SIZE + 2);
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Started);
        await().atMost(SOON).until(() -> settled.size() == SIZE + 2);
        assertThat(settled).doesNotHaveDuplicates().allMatch(text -> text.startsWith("complete"));
        assertThat(accounting.total(Outcome.DROPPED)).isZero();
    }

    @Test
    void leavesAMessageUnacknowledgedThatWaitedAndWhoseWorkThenFails() throws Exception {
        start("disconnect", 10);
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("poison"));
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Suspended);
        work.release(SIZE + 2);
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> settled.size() == SIZE + 2);
        assertThat(settled).contains("failure poison");
        assertThat(accounting.total(Outcome.STORED)).isEqualTo(SIZE + 1);
        assertThat(accounting.unaccounted()).isZero();
    }

    @Test
    void setsAMessageAsideThatAnotherStepBeforeTheQueueFails() throws Exception {
        start("drop", 50);
        AdviceWith.adviceWith(
                camel, "queue-enqueue", route -> route.weaveAddFirst().process(exchange -> {
                    throw new IllegalStateException("a step of the user's");
                }));
        send("x");
        assertThat(dead).containsExactly("x");
        // the dead letter fails here, so that it is not acknowledged
        assertThat(settled).containsExactly("failure x");
    }

    @Test
    void leavesAMessageUnacknowledgedThatWaitsWhenItIsStopped() throws Exception {
        start("disconnect", 10);
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("x"));
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Suspended);
        camel.getShutdownStrategy().setTimeout(1);
        camel.stop();
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        assertThat(settled).contains("failure x").noneMatch(text -> text.startsWith("complete"));
        assertThat(dead).isEmpty();
    }

    @Test
    void leavesAMessageUnacknowledgedWhoseWorkerDiesOfAnError() throws Exception {
        start("drop", 50);
        sender = camel.getEndpoint("direct:front").createAsyncProducer();
        sender.start();
        send("error");
        work.release();
        await().atMost(SOON).until(() -> !settled.isEmpty());
        assertThat(settled).containsExactly("failure error");
        assertThat(dead).isEmpty();
    }

    @Test
    void leavesTheBrokerAtOnceAndNotWhenEverythingIsDone() throws Exception {
        start("disconnect", 10);
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("x"));
        // and is back at half of the queue: one at work, one waiting
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Suspended);
        work.release(SIZE);
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Started);
        assertThat(accounting.inFlight()).isEqualTo(2);
        work.release(2);
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void comesBackThoughTheQueueDrainsWhileItIsStillLeaving() throws Exception {
        CountDownLatch leave = new CountDownLatch(1);
        start("disconnect", 10, leave);
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("x"));
        await().atMost(SOON).until(() -> broker.leaving);
        work.release(SIZE + 2);
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> settled.size() == SIZE + 2);
        returns.drainPermits();
        // the timer that brings it back has run by then
        assertThat(returns.tryAcquire(3, Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        leave.countDown();
        await().atMost(SOON).until(() -> broker.back);
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Started);
    }

    @Test
    void leavesARouteSuspendedThatAnOperatorSuspended() throws Exception {
        start("disconnect", 10);
        camel.getRouteController().suspendRoute("intake-other");
        fill();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> send("x"));
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Suspended);
        work.release(SIZE + 2);
        sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> intake("intake") == ServiceStatus.Started);
        assertThat(intake("intake-other")).isEqualTo(ServiceStatus.Suspended);
    }

    @Test
    void knowsItsLength() throws Exception {
        start("drop", 50);
        QueueGate gate = camel.getRegistry().lookupByNameAndType("queueGate", QueueGate.class);
        assertThat(gate.length()).isZero();
        fill();
        assertThat(gate.length()).isEqualTo(SIZE);
        assertThat(gate.capacity()).isEqualTo(SIZE);
    }

    @Test
    void acknowledgesEveryMessageOnceUnderManySenders() throws Exception {
        start("block", 1);
        work.release(1_000_000);
        List<CompletableFuture<Void>> senders = IntStream.range(0, 4)
                .mapToObj(s -> CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 500; i++) {
                        send(s + "-" + i);
                    }
                }))
                .toList();
        for (CompletableFuture<Void> sender : senders) {
            sender.get(Limits.SECONDS, TimeUnit.SECONDS);
        }
        await().atMost(SOON).until(() -> accounting.inFlight() == 0);
        assertThat(settled).hasSize(2000).doesNotHaveDuplicates();
        assertThat(accounting.total(Outcome.STORED) + accounting.total(Outcome.DROPPED))
                .isEqualTo(2000);
        assertThat(accounting.unaccounted()).isZero();
        assertThat(dead).isEmpty();
    }

    private void start(String mode, int waitMillis) throws Exception {
        start(mode, waitMillis, new CountDownLatch(0));
    }

    private void start(String mode, int waitMillis, CountDownLatch leave) throws Exception {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of("application.properties"))) {
            settings.load(reader);
        }
        settings.setProperty("msgstore.queue-size", String.valueOf(SIZE));
        settings.setProperty("msgstore.workers", "1");
        settings.setProperty("msgstore.enqueue-mode", mode);
        settings.setProperty("msgstore.enqueue-wait-ms", String.valueOf(waitMillis));
        settings.setProperty("queue.waits", String.valueOf(!mode.equals("drop") && waitMillis > 0));
        camel.getPropertiesComponent().setInitialProperties(settings);
        SameExchangeSedaComponent queues = new SameExchangeSedaComponent();
        QueueGate gate = new QueueGate(camel, () -> queues.length("messages"), SIZE);
        camel.getRegistry().bind("seda", queues);
        camel.getRegistry().bind("queueGate", gate);
        camel.getRegistry().bind("leaveBroker", gate.shut());
        camel.getRegistry().bind("returnToBroker", (Processor) exchange -> {
            gate.open().process(exchange);
            returns.release();
        });
        camel.getRegistry().bind("sayBottleneck", (Processor) exchange -> {});
        camel.getRegistry()
                .bind(
                        "backlog",
                        new Backlog("memory", SIZE, 0, accounting, new QueueState("memory", ""), System::nanoTime));
        camel.getRegistry().bind("hasQueueLength", (Predicate) exchange -> false);
        camel.getRegistry().bind("hasFallback", (Predicate) exchange -> false);
        camel.getRegistry().bind("droppedQueueFull", accounting.step(Outcome.DROPPED, exchange -> "queue-full"));
        Failures failures = new Failures(true, List.of());
        camel.getRegistry().bind("failures", failures);
        broker = new Broker(leave);
        camel.addComponent("broker", broker);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("broker:one").routeId("intake").group("intake").to("direct:enqueue");
                from("broker:other").routeId("intake-other").group("intake").to("direct:enqueue");
                from("direct:front").routeConfigurationId("unexpected-failure").to("direct:callers");
                from("direct:callers").routeConfigurationId("callers-failure").to("direct:enqueue");
                from("direct:dispatch").errorHandler(noErrorHandler()).process(exchange -> {
                    work.acquire();
                    if ("poison".equals(exchange.getMessage().getBody())) {
                        throw new IllegalArgumentException("poison");
                    }
                    if ("error".equals(exchange.getMessage().getBody())) {
                        throw new StackOverflowError();
                    }
                    exchange.getProperty(Ticket.PROPERTY, Ticket.class).outcome(Outcome.STORED, "x");
                });
                from("direct:dead-letter").process(exchange -> {
                    dead.add(exchange.getMessage().getBody(String.class));
                    throw new IllegalStateException("not set aside");
                });
            }
        });
        for (String file : List.of("failure/failure", "failure/queue-full", "queue/memory", "queue/common/watch")) {
            PluginHelper.getRoutesLoader(camel)
                    .loadRoutes(ResourceHelper.resolveResource(camel, "file:routes/" + file + ".camel.yaml"));
        }
        camel.getShutdownStrategy().setTimeout(20);
        camel.start();
        // a template would wait until the worker is done
        sender = camel.getEndpoint("direct:enqueue").createAsyncProducer();
        sender.start();
    }

    /** One message at the worker, which does not go on, and a full queue behind it. */
    private void fill() {
        send("at work");
        await().atMost(SOON).until(work::hasQueuedThreads);
        for (int i = 1; i <= SIZE; i++) {
            send("waiting " + i);
        }
        assertThat(settled).isEmpty();
    }

    private void finishTheRest(String... before) {
        work.release(SIZE + 1);
        await().atMost(SOON).until(() -> settled.size() == SIZE + 1 + before.length);
        assertThat(settled).doesNotHaveDuplicates().allMatch(text -> text.startsWith("complete"));
        assertThat(accounting.total(Outcome.STORED)).isEqualTo(SIZE + 1);
        assertThat(accounting.inFlight()).isZero();
        assertThat(accounting.unaccounted()).isZero();
    }

    private ServiceStatus intake(String route) {
        return ((StatefulService) camel.getRoute(route).getConsumer()).getStatus();
    }

    private void send(String body) {
        Exchange exchange = camel.getEndpoint("direct:enqueue").createExchange();
        exchange.getMessage().setBody(body);
        accounting.receive(exchange);
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
        sender.process(exchange, doneSync -> {});
    }

    /** A broker that sends nothing and takes its time to let go. */
    private static final class Broker extends DefaultComponent {
        private final CountDownLatch leave;
        private volatile boolean leaving;
        private volatile boolean back;

        Broker(CountDownLatch leave) {
            this.leave = leave;
        }

        @Override
        protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
            return new DefaultEndpoint(uri, this) {
                @Override
                public Producer createProducer() {
                    throw new UnsupportedOperationException();
                }

                @Override
                public Consumer createConsumer(Processor processor) {
                    return new BrokerConsumer(this, processor);
                }
            };
        }

        private final class BrokerConsumer extends DefaultConsumer implements Suspendable {
            BrokerConsumer(Endpoint endpoint, Processor processor) {
                super(endpoint, processor);
            }

            @Override
            protected void doSuspend() throws Exception {
                leaving = true;
                leave.await();
            }

            @Override
            protected void doResume() {
                back = leave.getCount() == 0;
            }
        }
    }
}
