/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.camel.Endpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;

import io.msgstore.platform.accounting.Accounting;

/**
 * {@code batch:name} gathers messages into batches. {@code to: batch:gps} adds a message and returns at once, taking the
 * message's acknowledgement along; {@code from: batch:gps} gets one exchange for each {@link Batch}, and the messages are
 * acknowledged when that exchange completes.
 *
 * <p>A batch is written when it has {@code size} messages or {@code maxBytes} bytes, by the worker that filled it; so
 * slow writes hold the workers up, the queue fills, and the sender feels it. A batch that does not fill is written by a
 * thread of its name, when its oldest message has waited for {@code linger} milliseconds, or as soon as the
 * batches hold every message that is on its way to the database: then waiting is for nothing, because a broker that has filled its window
 * sends no more until it gets an acknowledgement. While two batches are being written the next may grow to twice its size.
 *
 * <p>Camel's aggregate EIP is not used: it would acknowledge a message on entering the batch. See docs/decisions/0002-batches.md.
 */
@Component("batch")
public class BatchComponent extends DefaultComponent {
    private final Accounting accounting;
    private final List<BatchConsumer> consumers = new CopyOnWriteArrayList<>();
    private final AtomicInteger waiting = new AtomicInteger();
    Map<String, Object> variables = Map.of();

    public BatchComponent(Accounting accounting) {
        this.accounting = accounting;
    }

    /** @param values variables of every exchange that holds a batch: settings that SQL files have as parameters */
    public void setVariables(Map<String, Object> values) {
        variables = Map.copyOf(values);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        BatchEndpoint endpoint = new BatchEndpoint(uri, remaining, this, parameters);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    BatchConsumer consumer(String name) {
        for (BatchConsumer consumer : consumers) {
            if (consumer.endpoint.name.equals(name)) {
                return consumer;
            }
        }
        // stopped by an operator, or about to stop: not the message's fault
        throw new RejectedExecutionException("no running route has from: batch:" + name);
    }

    /** @throws IllegalStateException when another route has the name: it would get no message */
    void add(BatchConsumer consumer) {
        if (consumers.stream().anyMatch(other -> other.endpoint.name.equals(consumer.endpoint.name))) {
            throw new IllegalStateException("two routes begin with from: batch:" + consumer.endpoint.name);
        }
        consumers.add(consumer);
    }

    void remove(BatchConsumer consumer) {
        consumers.remove(consumer);
    }

    void joined() {
        waiting.incrementAndGet();
        wakeIfAllIsHeld();
    }

    void left(int messages) {
        waiting.addAndGet(-messages);
    }

    void wakeIfAllIsHeld() {
        if (allIsHeld()) {
            consumers.forEach(BatchConsumer::wake);
        }
    }

    /** Whether the open batches hold every message that is on its way to the database. */
    boolean allIsHeld() {
        int held = waiting.get();
        return held > 0 && held >= accounting.toStore();
    }
}
