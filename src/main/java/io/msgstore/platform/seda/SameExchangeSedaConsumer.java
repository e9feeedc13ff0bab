/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.seda;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.seda.SedaConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.log.TraceIds;
import io.msgstore.platform.seda.SameExchangeSedaComponent.Waiting;

/**
 * The workers of a queue. A stop of the whole context waits until the queue is empty; what a stop cuts off stays in the
 * queue, uncompleted, and so unacknowledged.
 */
public class SameExchangeSedaConsumer extends SedaConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(SameExchangeSedaConsumer.class);

    private final SameExchangeSedaEndpoint endpoint;
    private final int pollMillis;
    private final AtomicInteger held = new AtomicInteger();
    private BlockingQueue<Waiting> queue;
    private volatile boolean finishing;
    private volatile boolean stopped;
    private volatile CountDownLatch working;

    SameExchangeSedaConsumer(SameExchangeSedaEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        pollMillis = endpoint.getPollTimeout();
    }

    /** A worker's life. */
    @Override
    public void run() {
        // an interrupted thread is one of an earlier start, and is not counted among the workers of this one
        if (!Thread.currentThread().isInterrupted()) {
            work(working);
        }
    }

    private void work(CountDownLatch done) {
        try {
            // a worker of an earlier start ends here
            while (!stopped && working == done) {
                if (isHeld()) {
                    hold();
                    continue;
                }
                Waiting message = queue.poll(pollMillis, TimeUnit.MILLISECONDS);
                if (message != null) {
                    // whatever ends the wait, a message out of the queue goes on
                    while (isHeld()) {
                        hold();
                    }
                    goOn(message);
                } else if (finishing) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            done.countDown();
        }
    }

    private boolean isHeld() {
        return isSuspendingOrSuspended() && !finishing && !stopped;
    }

    private void hold() {
        held.incrementAndGet();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pollMillis));
        held.decrementAndGet();
    }

    /**
     * Whether a worker may be sending a message down the route. Once this is suspended and none is, none will until it
     * resumes.
     */
    public boolean isAtWork() {
        CountDownLatch running = working;
        return running != null && held.get() < running.getCount();
    }

    private void goOn(Waiting message) {
        Exchange exchange = message.exchange();
        TraceIds.inHand(exchange);
        try {
            getAsyncProcessor().process(exchange, message);
        } catch (Throwable e) {
            // An Error, which Camel lets through: the message stays with the broker. No error handler of a route that
            // it came from is to set it aside: this route may still have the same exchange in hand.
            LOG.error("Unexpected error in a route; the message is not acknowledged", e);
            exchange.setException(e);
            exchange.getExchangeExtension().setRedeliveryExhausted(true);
            message.done(false);
        } finally {
            TraceIds.inHand(null);
        }
    }

    @Override
    public int getPendingExchangesSize() {
        return endpoint.getCurrentQueueSize();
    }

    @Override
    protected void doStart() throws Exception {
        finishing = false;
        stopped = false;
        queue = endpoint.waiting();
        working = new CountDownLatch(endpoint.getConcurrentConsumers());
        super.doStart();
    }

    @Override
    protected void doStop() throws Exception {
        stopped = true;
        super.doStop();
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        if (suspendOnly) {
            return;
        }
        finishing = true;
        if (forced) {
            stopped = true;
            return;
        }
        try {
            working.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
