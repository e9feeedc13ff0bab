/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.Suspendable;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.log.TraceIds;

/**
 * The workers of a queue. A stop of the whole context waits until the queue is empty; what a stop cuts off stays in the
 * queue, uncompleted, and so unacknowledged.
 */
public class QueueConsumer extends DefaultConsumer implements ShutdownAware, Suspendable {
    // between two looks at whether this is suspended or stopped
    private static final long LOOK_MILLIS = 100;
    private static final Logger LOG = LoggerFactory.getLogger(QueueConsumer.class);

    private final QueueEndpoint endpoint;
    private final BlockingQueue<QueueComponent.Waiting> queue;
    private ExecutorService executor;
    private volatile boolean finishing;
    private volatile boolean stopped;
    private volatile CountDownLatch working;
    private final AtomicInteger held = new AtomicInteger();

    QueueConsumer(QueueEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        queue = endpoint.queue();
    }

    private void work(CountDownLatch done) {
        try {
            // a worker that hung when it was stopped is not one of those that were started later
            while (!stopped && working == done) {
                if (isHeld()) {
                    hold();
                    continue;
                }
                QueueComponent.Waiting message = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
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
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
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

    private void goOn(QueueComponent.Waiting message) {
        Exchange exchange = message.exchange();
        Once done = new Once(message.callback());
        TraceIds.inHand(exchange);
        try {
            getAsyncProcessor().process(exchange, done);
        } catch (Throwable e) {
            // An Error, which Camel lets through: the message stays with the broker. No error handler of a route that
            // it came from is to set it aside: this route may still have the same exchange in hand.
            LOG.error("A message fails, and stays with the broker, for an error that no route handles", e);
            exchange.setException(e);
            exchange.getExchangeExtension().setRedeliveryExhausted(true);
            done.done(false);
        } finally {
            TraceIds.inHand(null);
        }
    }

    /** The sender's callback; to it everything here is asynchronous. */
    private static final class Once extends AtomicBoolean implements AsyncCallback {
        private static final long serialVersionUID = 1;

        private final transient AsyncCallback callback;

        Once(AsyncCallback callback) {
            this.callback = callback;
        }

        @Override
        public void done(boolean doneSync) {
            if (compareAndSet(false, true)) {
                callback.done(false);
            }
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        finishing = false;
        stopped = false;
        int workers = endpoint.getConcurrentConsumers();
        CountDownLatch latch = new CountDownLatch(workers);
        working = latch;
        executor = endpoint.getCamelContext()
                .getExecutorServiceManager()
                .newFixedThreadPool(this, endpoint.getEndpointUri(), workers);
        for (int i = 0; i < workers; i++) {
            executor.execute(() -> work(latch));
        }
    }

    @Override
    protected void doSuspend() {
        // the workers look
    }

    @Override
    protected void doResume() {
        // the workers look
    }

    @Override
    protected void doStop() throws Exception {
        stopped = true;
        if (executor != null) {
            endpoint.getCamelContext().getExecutorServiceManager().shutdownNow(executor);
            executor = null;
        }
        super.doStop();
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        // the workers go on until what is in flight is done
        return true;
    }

    @Override
    public int getPendingExchangesSize() {
        return queue.size();
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
