/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;

/**
 * {@code queue:name} is a bounded queue in memory. {@code to: queue:name} puts the exchange itself into it and frees the
 * calling thread; {@code from: queue:name} goes on with that same exchange on a worker. So the exchange completes, and its
 * message is acknowledged, when the worker is done.
 *
 * <p>SEDA is not used, because it queues a copy of the exchange, and hands the acknowledgement to it before it knows whether
 * there is room for it. See docs/decisions/0004-queue.md.
 */
@Component("queue")
public class QueueComponent extends DefaultComponent {
    private final Map<String, BlockingQueue<Waiting>> queues = new ConcurrentHashMap<>();

    /** A message that waits for a worker, and what its route does when the worker is done. */
    record Waiting(Exchange exchange, AsyncCallback callback) {}

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        QueueEndpoint endpoint = new QueueEndpoint(uri, remaining, this);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** @param size its capacity if it is not there yet */
    BlockingQueue<Waiting> queue(String name, int size) {
        return queues.computeIfAbsent(name, n -> new LinkedBlockingQueue<>(size));
    }

    /** Messages that wait in the queue of that name; 0 where there is none. */
    public int length(String name) {
        BlockingQueue<Waiting> queue = queues.get(name);
        return queue == null ? 0 : queue.size();
    }
}
