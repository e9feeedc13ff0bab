/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.seda;

import java.util.concurrent.BlockingQueue;

import org.apache.camel.Exchange;
import org.apache.camel.component.seda.BlockingQueueFactory;
import org.apache.camel.component.seda.QueueReference;
import org.apache.camel.component.seda.SedaComponent;
import org.apache.camel.component.seda.SedaEndpoint;
import org.apache.camel.spi.annotations.Component;

/**
 * Camel's {@code seda:}, with the exchange itself in the queue. {@code to: seda:name} frees the calling thread;
 * {@code from: seda:name} goes on with that same exchange on a worker. So the exchange completes, and its message is
 * acknowledged, when the worker is done.
 *
 * <p>Camel's own queues a copy, and hands the acknowledgement to it before it knows whether there is room for it. See
 * docs/decisions/0004-queue.md.
 */
@Component("seda")
public class SameExchangeSedaComponent extends SedaComponent {
    private static final int POLL_MILLIS = 100;

    public SameExchangeSedaComponent() {
        setDefaultPollTimeout(POLL_MILLIS);
    }

    @Override
    protected SedaEndpoint createEndpoint(
            String uri,
            org.apache.camel.Component component,
            BlockingQueueFactory<Exchange> queueFactory,
            int concurrentConsumers) {
        return new SameExchangeSedaEndpoint(uri, component, queueFactory, concurrentConsumers);
    }

    @Override
    protected SedaEndpoint createEndpoint(
            String uri, org.apache.camel.Component component, BlockingQueue<Exchange> queue, int concurrentConsumers) {
        throw SameExchangeSedaEndpoint.unsupported(
                uri, "queue", "an exchange that others put into the queue would never complete");
    }

    /** Messages that wait in the queue of that name; 0 where there is none. */
    public int length(String name) {
        lock.lock();
        try {
            QueueReference queue = getQueueReference("seda://" + name);
            return queue == null ? 0 : queue.getQueue().size();
        } finally {
            lock.unlock();
        }
    }
}
