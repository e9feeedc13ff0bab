/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.spi.Registry;

import io.msgstore.accounting.Accounting;
import io.msgstore.config.Settings;
import io.msgstore.queue.Backlog;
import io.msgstore.queue.Dequeue;
import io.msgstore.queue.DrainReport;
import io.msgstore.queue.DrainedRoutes;
import io.msgstore.queue.QueueState;

/**
 * Binds what the routes of the queue that is drained ({@code msgstore.queue.drain}) refer to. It has a state of its own, so that
 * the queue that takes its place is not degraded or down when the server of this one is away.
 */
final class DrainWiring {
    private final String queue;
    private final QueueState state;
    private final Backlog backlog;
    private final Dequeue dequeue;

    /** @param queue value of {@code msgstore.queue.drain} */
    DrainWiring(Settings settings, Accounting accounting, String queue) {
        this.queue = queue;
        state = QueueState.drained(queue);
        // nothing is put into it, so nothing waits for a place
        backlog = new Backlog(queue, settings.number("msgstore.queue-size"), 0, accounting, state);
        dequeue = new Dequeue(accounting, backlog, queue, settings.number("msgstore.max-payload-bytes"));
    }

    String queue() {
        return queue;
    }

    QueueState state() {
        return state;
    }

    /** Binds all but what is particular to the server. */
    void bind(CamelContext context, MeterRegistry meters) {
        Registry registry = context.getRegistry();
        registry.bind(DrainedRoutes.TAKE_BATCH, (Processor) dequeue::batch);
        registry.bind(DrainedRoutes.TAKE_MESSAGE, (Processor) dequeue::message);
        DrainReport report = new DrainReport(queue, () -> DrainedRoutes.inWork(context));
        registry.bind("measureDrained", (Processor) backlog::measure);
        registry.bind("drainedMeasured", (Processor) exchange -> {
            backlog.measured(exchange);
            report.length(exchange.getMessage().getBody(Long.class));
        });
        registry.bind("drainedUnmeasured", (Processor) backlog::unmeasured);
        Gauge.builder("msgstore.queue.drain.len", backlog, Backlog::length)
                .description("Messages that wait in the queue that is drained")
                .register(meters);
        Gauge.builder("msgstore.queue.drain.up", state, one -> one.isAway() ? 0 : 1)
                .description("Whether the server behind the queue that is drained answers: 1 or 0")
                .register(meters);
    }
}
