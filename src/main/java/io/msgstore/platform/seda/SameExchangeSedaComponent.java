/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.seda;

import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.component.seda.BlockingQueueFactory;
import org.apache.camel.component.seda.SedaComponent;
import org.apache.camel.component.seda.SedaEndpoint;
import org.apache.camel.spi.annotations.Component;

/**
 * Camel's {@code seda:}, with the exchange itself in the queue. {@code to: seda:name} frees the calling thread;
 * {@code from: seda:name} goes on with that same exchange, and the completions that it carries, on a worker. So nothing is acknowledged
 * when the message enters the queue.
 *
 * <p>Camel's own queues a copy, and hands the acknowledgement to it before it knows whether there is room for it. See
 * docs/decisions/0004-queue.md.
 */
@Component("seda")
public class SameExchangeSedaComponent extends SedaComponent {
    private static final int POLL_MILLIS = 100;
    private static final String NOT_EXCHANGES_ALONE = "the queue holds the callback of each exchange, too";

    private final Map<String, BlockingQueue<Waiting>> waiting = new ConcurrentHashMap<>();

    /**
     * A message that waits for a worker, and the callback of the route that it came from. To that route, which is told once, all
     * that happens here is asynchronous.
     */
    static final class Waiting extends AtomicBoolean implements AsyncCallback {
        private static final long serialVersionUID = 1;

        private final transient Exchange exchange;
        private final transient AsyncCallback callback;

        Waiting(Exchange exchange, AsyncCallback callback) {
            this.exchange = exchange;
            this.callback = callback;
        }

        Exchange exchange() {
            return exchange;
        }

        @Override
        public void done(boolean doneSync) {
            if (compareAndSet(false, true)) {
                callback.done(false);
            }
        }
    }

    public SameExchangeSedaComponent() {
        setDefaultPollTimeout(POLL_MILLIS);
    }

    @Override
    protected SedaEndpoint createEndpoint(
            String uri,
            org.apache.camel.Component component,
            BlockingQueueFactory<Exchange> queueFactory,
            int concurrentConsumers) {
        if (queueFactory != null) {
            throw SameExchangeSedaEndpoint.unsupported(uri, "queueFactory", NOT_EXCHANGES_ALONE);
        }
        return new SameExchangeSedaEndpoint(uri, this, concurrentConsumers);
    }

    @Override
    protected SedaEndpoint createEndpoint(
            String uri, org.apache.camel.Component component, BlockingQueue<Exchange> queue, int concurrentConsumers) {
        throw SameExchangeSedaEndpoint.unsupported(uri, "queue", NOT_EXCHANGES_ALONE);
    }

    /** @param size its capacity if it is not there yet */
    BlockingQueue<Waiting> queue(String name, int size) {
        return waiting.computeIfAbsent(name, n -> new LinkedBlockingQueue<>(size));
    }

    /** Messages that wait in the queue of that name; 0 where there is none. */
    public int length(String name) {
        BlockingQueue<Waiting> queue = waiting.get(name);
        return queue == null ? 0 : queue.size();
    }
}
