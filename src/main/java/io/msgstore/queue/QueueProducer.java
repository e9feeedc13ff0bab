/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProducer;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.service.ServiceHelper;

import io.msgstore.contract.ExchangeProperties;

/** Puts exchanges into the queue, for a worker to go on with. */
class QueueProducer extends DefaultAsyncProducer {
    // between two looks at whether this is being stopped
    private static final long LOOK_MILLIS = 100;

    private final QueueEndpoint endpoint;
    private final BlockingQueue<QueueComponent.Waiting> queue;
    private final long timeoutNanos;
    private AsyncProducer whenFull;

    QueueProducer(QueueEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
        queue = endpoint.queue();
        timeoutNanos = endpoint.getOfferTimeout() < 0
                ? Long.MAX_VALUE
                : TimeUnit.MILLISECONDS.toNanos(endpoint.getOfferTimeout());
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        // asked before: a worker may be done with the exchange by the time that the offer returns
        Runnable enqueued = exchange.getProperty(ExchangeProperties.ENQUEUED, Runnable.class);
        try {
            if (offer(new QueueComponent.Waiting(exchange, callback))) {
                if (enqueued != null) {
                    enqueued.run();
                }
                return false;
            }
            if (whenFull != null) {
                return whenFull.process(exchange, callback);
            }
            exchange.setException(new RejectedExecutionException(
                    isRunAllowed() ? endpoint + " is full" : endpoint + " has no place, and is being stopped"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exchange.setException(e);
        }
        callback.done(true);
        return true;
    }

    private boolean offer(QueueComponent.Waiting message) throws InterruptedException {
        if (queue.offer(message)) {
            return true;
        }
        long begin = System.nanoTime();
        long left = timeoutNanos;
        while (left > 0 && isRunAllowed()) {
            if (queue.offer(
                    message, Math.min(left, TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)), TimeUnit.NANOSECONDS)) {
                return true;
            }
            left = timeoutNanos - (System.nanoTime() - begin);
        }
        return false;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        if (endpoint.getWhenFull() != null && whenFull == null) {
            whenFull = endpoint.getCamelContext()
                    .getEndpoint(endpoint.getWhenFull())
                    .createAsyncProducer();
        }
        ServiceHelper.startService(whenFull);
    }

    @Override
    protected void doStop() throws Exception {
        ServiceHelper.stopService(whenFull);
        super.doStop();
    }
}
