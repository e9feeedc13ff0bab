/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.seda;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.component.seda.SedaProducer;

import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.seda.SameExchangeSedaComponent.Waiting;

/** Puts exchanges into the queue, for a worker to go on with. */
class SameExchangeSedaProducer extends SedaProducer {
    // between two looks at whether this is being stopped
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final SameExchangeSedaEndpoint endpoint;
    private final long waitNanos;
    private BlockingQueue<Waiting> queue;

    SameExchangeSedaProducer(SameExchangeSedaEndpoint endpoint) {
        super(
                endpoint,
                endpoint.getWaitForTaskToComplete(),
                endpoint.getTimeout(),
                endpoint.isBlockWhenFull(),
                endpoint.isDiscardWhenFull(),
                endpoint.getOfferTimeout());
        this.endpoint = endpoint;
        if (endpoint.isBlockWhenFull()) {
            long millis = endpoint.getOfferTimeout();
            waitNanos = millis > 0 ? TimeUnit.MILLISECONDS.toNanos(millis) : Long.MAX_VALUE;
        } else {
            waitNanos = 0;
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        queue = endpoint.waiting();
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        // asked before: a worker may be done with the exchange by the time that the offer returns
        Runnable enqueued = exchange.getProperty(ExchangeProperties.ENQUEUED, Runnable.class);
        try {
            if (offer(new Waiting(exchange, callback))) {
                if (enqueued != null) {
                    enqueued.run();
                }
                return false;
            }
            giveUp(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exchange.setException(e);
        }
        callback.done(true);
        return true;
    }

    private boolean offer(Waiting message) throws InterruptedException {
        if (queue.offer(message)) {
            return true;
        }
        long begin = System.nanoTime();
        long left = waitNanos;
        while (left > 0 && isRunAllowed()) {
            if (queue.offer(message, Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS)) {
                return true;
            }
            left = waitNanos - (System.nanoTime() - begin);
        }
        return false;
    }

    private void giveUp(Exchange exchange) {
        if (!isRunAllowed()) {
            exchange.setException(new RejectedExecutionException(endpoint + " has no place, and is being stopped"));
        } else if (endpoint.isDiscardWhenFull()) {
            Ticket ticket = exchange.getProperty(Ticket.PROPERTY, Ticket.class);
            if (ticket != null) {
                ticket.outcome(Outcome.DROPPED, "queue-full");
            }
        } else {
            exchange.setException(new QueueFullException(endpoint + " is full"));
        }
    }
}
