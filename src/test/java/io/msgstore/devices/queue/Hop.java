/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.AsyncProducer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.HashMapHeadersMapFactory;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.SimpleUuidGenerator;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.support.service.ServiceHelper;

import io.msgstore.devices.QueueBeans;
import io.msgstore.devices.QueueSettings;
import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.failure.Failures;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.contract.Headers;
import io.msgstore.platform.metrics.RouteMeters;
import io.msgstore.platform.module.Platform;
import io.msgstore.support.StoreModule;

/**
 * The way from {@code direct:enqueue} to {@code direct:dispatch} alone, with the routes of one queue as they are: no broker
 * and no database. What arrives is the caller's, who says when it is stored.
 */
public final class Hop implements AutoCloseable {
    private static final String WORKERS = "dequeue";

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Accounting accounting = new Accounting(meters);
    private final Queue<Arrived> arrived = new ConcurrentLinkedQueue<>();
    private final QueueState state;
    private final AsyncProducer sender;
    private volatile Consumer<Arrived> worker = arrived::add;
    private volatile boolean refuses;
    private volatile boolean held;

    private Hop(Builder builder) {
        try {
            Settings settings = StoreModule.settings(null, builder.folder, builder.settings, Map.of());
            Properties properties = settings.properties();
            properties.putAll(new QueueSettings(settings).placeholders());
            properties.putAll(builder.settings);
            camel.getPropertiesComponent().setInitialProperties(properties);
            furnish();
            QueueBeans queue = new QueueBeans(new Platform(camel, settings, accounting, meters, null, null, "hop"));
            queue.bind();
            state = queue.state();
            bindOthers();
            camel.addRoutes(rest());
            List<String> files =
                    new ArrayList<>(List.of("failure/failure", "failure/queue-full", "queue/common/watch"));
            settings.optional("msgstore.queue.fallback").ifPresent(name -> files.add("queue/fallback/" + name));
            for (String file : files) {
                load(Path.of("routes/" + file + ".camel.yaml"));
            }
            load(builder.routes);
            camel.getShutdownStrategy().setTimeout(20);
            camel.start();
            sender = camel.getEndpoint("direct:enqueue").createAsyncProducer();
            sender.start();
        } catch (Exception e) {
            camel.stop();
            throw new IllegalStateException(e);
        }
        if (builder.workers) {
            startWorkers();
        }
    }

    /** Settings of one. */
    public static final class Builder {
        private final Properties settings = new Properties();
        private final Path folder;
        private Path routes;
        private boolean workers = true;

        private Builder(String queue, Path folder) {
            this.folder = folder;
            routes = Path.of("routes/queue/" + queue + ".camel.yaml");
            set("msgstore.queue", queue);
            set("msgstore.mqtt.client-id", "hop");
        }

        public Builder set(String key, Object value) {
            settings.setProperty(key, String.valueOf(value));
            return this;
        }

        /** The file of the queue's routes, where it is not in {@code routes/queue}. */
        public Builder routes(Path file) {
            routes = file;
            return this;
        }

        /** Workers don't start by themselves. */
        public Builder idle() {
            workers = false;
            return this;
        }

        public Hop start() {
            return new Hop(this);
        }
    }

    /** A message that a worker has, and that is not stored yet. */
    public static final class Arrived {
        private final Envelope envelope;
        private final Exchange exchange;
        private final Ticket ticket;
        private final List<Synchronization> completions;
        private final AtomicBoolean settled = new AtomicBoolean();

        private Arrived(Exchange exchange) {
            this.exchange = exchange;
            envelope = exchange.getMessage().getBody(Envelope.class);
            ticket = exchange.getProperty(Ticket.PROPERTY, Ticket.class);
            completions = Completions.take(exchange);
        }

        public Envelope envelope() {
            return envelope;
        }

        public Object header(String name) {
            return exchange.getMessage().getHeader(name);
        }

        /** Its row is committed. */
        public void store() {
            if (settled.compareAndSet(false, true)) {
                ticket.outcome(Outcome.STORED, "x");
                completions.forEach(one -> one.onComplete(exchange));
            }
        }

        /** It is not stored, for no fault of its own. */
        public void leave() {
            if (settled.compareAndSet(false, true)) {
                exchange.setException(new NotStored("left by the test"));
                completions.forEach(one -> one.onFailure(exchange));
            }
        }
    }

    /** @param folder where relative paths start */
    public static Builder of(String queue, Path folder) {
        return new Builder(queue, folder);
    }

    // as application.properties and DeviceStore do
    private void furnish() {
        camel.disableJMX();
        camel.setStreamCaching(false);
        camel.setUuidGenerator(new SimpleUuidGenerator());
        camel.getCamelContextExtension().setHeadersMapFactory(new HashMapHeadersMapFactory());
        camel.addRoutePolicyFactory(new RouteMeters(meters));
    }

    private void load(Path file) throws Exception {
        PluginHelper.getRoutesLoader(camel).loadRoutes(ResourceHelper.resolveResource(camel, "file:" + file));
    }

    private void bindOthers() {
        Failures failures = new Failures(true, List.of());
        camel.getRegistry().bind("failures", failures);
        camel.getRegistry().bind("sayBottleneck", (Processor) exchange -> {});
    }

    private RouteBuilder rest() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:dispatch").errorHandler(noErrorHandler()).process(exchange -> {
                    if (refuses) {
                        throw new NotStored("refused by the test");
                    }
                    worker.accept(new Arrived(exchange));
                    if (held) {
                        awaitRelease();
                    }
                });
                from("direct:dead-letter").process(exchange -> worker.accept(new Arrived(exchange)));
            }
        };
    }

    /** Starts the workers of a durable queue. */
    public void startWorkers() {
        try {
            for (Route route : List.copyOf(camel.getRoutes())) {
                if (WORKERS.equals(route.getGroup())) {
                    camel.getRouteController().startRoute(route.getRouteId());
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has the workers take nothing, or go on. */
    public void suspendWorkers(boolean suspend) {
        for (Route route : camel.getRoutes()) {
            if (WORKERS.equals(route.getGroup()) && suspend) {
                ServiceHelper.suspendService(route.getConsumer());
            } else if (WORKERS.equals(route.getGroup())) {
                ServiceHelper.resumeService(route.getConsumer());
            }
        }
    }

    /** Whoever gets the messages from now on, instead of {@link #arrived()}; on the worker's thread. */
    public void onArrival(Consumer<Arrived> to) {
        worker = to;
    }

    private synchronized void awaitRelease() throws InterruptedException {
        while (held) {
            wait();
        }
    }

    /** Whether workers stay with the message that they have. */
    public synchronized void hold(boolean now) {
        held = now;
        notifyAll();
    }

    /** Whether messages can't be dispatched, as when a route is stopped. */
    public void refuse(boolean now) {
        refuses = now;
    }

    /** Sends a message; true when it was acknowledged, false when it was left to the sender. */
    public CompletableFuture<Boolean> send(String topic, byte[] payload) {
        return send(Envelope.of(new ReceivedMessage(topic, payload), 1_000_000));
    }

    /** Sends a gps message of a device. */
    public CompletableFuture<Boolean> send(String topic, int number) {
        return send(topic, ("{\"event\":\"gps\",\"number\":" + number + "}").getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a message; true when it was acknowledged, false when it was left to the sender. */
    public CompletableFuture<Boolean> send(Envelope envelope) {
        CompletableFuture<Boolean> acknowledged = new CompletableFuture<>();
        Exchange exchange = sender.getEndpoint().createExchange();
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onComplete(Exchange done) {
                acknowledged.complete(true);
            }

            @Override
            public void onFailure(Exchange done) {
                acknowledged.complete(false);
            }
        });
        accounting.receive(exchange);
        exchange.getMessage().setBody(envelope);
        exchange.getMessage().setHeader(Headers.TRACE_ID, envelope.traceId());
        exchange.getMessage().setHeader(Headers.RECEIVED_AT, envelope.receivedAt());
        sender.process(exchange, doneSync -> {});
        return acknowledged;
    }

    /** What has arrived, in that order. */
    public Queue<Arrived> arrived() {
        return arrived;
    }

    public Accounting accounting() {
        return accounting;
    }

    public QueueState state() {
        return state;
    }

    /** A gauge, by its name. */
    public double gauge(String name) {
        return meters.get(name).gauge().value();
    }

    /** Stops without storing what workers have, or what they take meanwhile. */
    public void abandon() {
        refuses = true;
        hold(false);
        onArrival(Arrived::leave);
        arrived.forEach(Arrived::leave);
        arrived.clear();
        camel.stop();
    }

    /** Stops in order. */
    @Override
    public void close() {
        camel.stop();
    }
}
