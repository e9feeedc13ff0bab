/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

import org.apache.camel.health.HealthCheck;
import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;
import org.apache.camel.spi.TypeConverterRegistry;
import org.apache.camel.support.SimpleTypeConverter;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.QueueForm;
import io.msgstore.devices.queue.Backlog;
import io.msgstore.devices.queue.Dequeue;
import io.msgstore.devices.queue.DrainReport;
import io.msgstore.devices.queue.DrainedRoutes;
import io.msgstore.devices.queue.Guarantees;
import io.msgstore.devices.queue.QueueGate;
import io.msgstore.devices.queue.QueueLength;
import io.msgstore.devices.queue.QueueState;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.health.MsgstoreHealthCheck;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.seda.SameExchangeSedaComponent;

/** Binds what the routes in {@code routes/queue} refer to, whichever queue it is. */
public final class QueueBeans {
    private static final String REDIS = "redis";
    private static final String MESSAGES = "messages";

    private final Platform platform;
    final QueueSettings settings;
    private final String name;
    private final int size;
    private final QueueState state;
    private final Backlog backlog;
    final QueueGate gate;
    /** What the queue says of itself. */
    final Guarantees guarantees = new Guarantees();

    private final SameExchangeSedaComponent memory = new SameExchangeSedaComponent();

    public QueueBeans(Platform platform) {
        this.platform = platform;
        settings = new QueueSettings(platform.settings());
        name = platform.settings().text("msgstore.queue");
        size = platform.settings().number("msgstore.queue-size");
        state = new QueueState(
                name, platform.settings().optional("msgstore.queue.fallback").orElse(""));
        backlog = new Backlog(name, size, settings.waitMillis(), platform.accounting(), state, System::nanoTime);
        gate = new QueueGate(
                platform.context(),
                // of the one in memory, too, while it takes the place of the other
                () -> memory.length(MESSAGES) + (settings.isDurable() ? backlog.length() : 0),
                size);
    }

    /** Whether the server behind the queue answers. */
    public QueueState state() {
        return state;
    }

    /** Binds all of it; once for each context. */
    public void bind() {
        platform.bind("seda", memory);
        platform.bind("queueGate", gate);
        platform.step("leaveBroker", gate.shut());
        platform.step("returnToBroker", gate.open());
        platform.step("droppedQueueFull", platform.accounting().step(Outcome.DROPPED, exchange -> "queue-full"));
        convertEnvelopes();
        put();
        take();
        length();
        show();
        platform.context().addRoutePolicyFactory(guarantees);
        server(name, state);
        platform.settings().optional("msgstore.queue.drain").ifPresent(other -> {
            // of its own, so that the queue that takes its place is not down when the server of this one is away
            QueueState drained = QueueState.drained(other);
            drain(other, drained);
            server(other, drained);
        });
    }

    // whatever puts a message somewhere for good puts all of it there
    private void convertEnvelopes() {
        TypeConverterRegistry converters = platform.context().getTypeConverterRegistry();
        converters.addTypeConverter(
                byte[].class,
                Envelope.class,
                new SimpleTypeConverter(false, (type, exchange, value) -> QueueForm.write((Envelope) value)));
        converters.addTypeConverter(
                InputStream.class,
                Envelope.class,
                new SimpleTypeConverter(
                        false, (type, exchange, value) -> new ByteArrayInputStream(QueueForm.write((Envelope) value))));
    }

    private void put() {
        platform.step("enqueued", backlog::enqueued);
        platform.condition("queueFull", backlog.full());
        platform.step("awaitPlace", backlog::await);
        platform.step("freePlace", backlog::free);
        platform.step("queueRefused", backlog::refused);
        platform.step("queueFails", backlog::fails);
        platform.condition("queueDegraded", exchange -> state.isDegraded());
        boolean hasFallback =
                platform.settings().optional("msgstore.queue.fallback").isPresent();
        platform.condition("hasFallback", exchange -> hasFallback);
        platform.condition("isReplay", exchange -> exchange.getProperty(ExchangeProperties.DEAD_LETTER_KEY) != null);
    }

    private void take() {
        Dequeue dequeue = new Dequeue(platform.accounting(), backlog, name, largestPayload());
        platform.step("takeBatch", dequeue::batch);
        platform.step("takeMessage", dequeue::message);
        platform.step("awaitStored", dequeue::await);
        platform.bind("keepBatch", new UseOriginalAggregationStrategy(false));
    }

    private void length() {
        platform.bind("backlog", backlog);
        platform.step("countFiles", Backlog::countFiles);
        platform.condition("hasQueueLength", exchange -> QueueLength.route(platform.context(), QueueLength.QUEUE)
                .isPresent());
    }

    private void show() {
        platform.gauge("msgstore.queue.len", "Messages that wait in the queue", gate, QueueGate::length);
        platform.gauge("msgstore.queue.capacity", "Messages that the queue holds at most", gate, QueueGate::capacity);
        if (settings.isDurable()) {
            platform.gauge(
                    "msgstore.queue.up",
                    "Whether the server behind the queue answers: 1 or 0",
                    state,
                    one -> one.isAway() ? 0 : 1);
            platform.gauge(
                    "msgstore.queue.degraded",
                    "Whether messages go another way because it does not answer: 1 or 0",
                    state,
                    one -> one.isDegraded() ? 1 : 0);
            platform.accounting().expect(Outcome.ENQUEUED, name);
            platform.check(health());
        }
    }

    // UP when the server answers, and also while messages go another way
    private HealthCheck health() {
        return new MsgstoreHealthCheck("queue") {
            @Override
            protected String problem() {
                return state.isDegraded() ? null : state.problem();
            }

            @Override
            protected String degraded() {
                return state.isDegraded() ? state.problem() : null;
            }
        };
    }

    // all but what is particular to the server
    private void drain(String queue, QueueState itsState) {
        // nothing is put into it, so nothing waits for a place
        Backlog left = new Backlog(queue, size, 0, platform.accounting(), itsState, System::nanoTime);
        Dequeue dequeue = new Dequeue(platform.accounting(), left, queue, largestPayload());
        platform.step(DrainedRoutes.TAKE_BATCH, dequeue::batch);
        platform.step(DrainedRoutes.TAKE_MESSAGE, dequeue::message);
        platform.bind("drainedBacklog", left);
        platform.bind(
                "drainReport",
                new DrainReport(queue, () -> DrainedRoutes.inWork(platform.context()), System::nanoTime));
        platform.gauge(
                "msgstore.queue.drain.len", "Messages that wait in the queue that is drained", left, Backlog::length);
        platform.gauge(
                "msgstore.queue.drain.up",
                "Whether the server behind the queue that is drained answers: 1 or 0",
                itsState,
                one -> one.isAway() ? 0 : 1);
    }

    private int largestPayload() {
        return platform.settings().number("msgstore.max-payload-bytes");
    }

    private void server(String queue, QueueState itsState) {
        switch (queue) {
            case REDIS -> RedisBeans.bind(platform, itsState);
            case KafkaBeans.QUEUE -> new KafkaBeans(platform).bind(itsState);
            default -> {
                // memory is bound, and a user's own queue brings what it needs
            }
        }
    }
}
