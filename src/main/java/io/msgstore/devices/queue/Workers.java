/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.Suspendable;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of a durable queue, a thread each. What they have in hand when this stops is waited for, and nothing more is
 * taken; while it is suspended nothing is taken either. The rest stays in the queue.
 */
public abstract class Workers extends DefaultConsumer implements ShutdownAware, Suspendable {
    /** Longest wait for a message, between two looks at whether this is stopped or suspended, in ms. */
    protected static final int LOOK_MILLIS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
    private static final long BACKOFF_MILLIS = 1000;
    private static final long STOP_MILLIS = 2000;

    private final int workers;
    private final AtomicInteger inHand = new AtomicInteger();
    private ExecutorService executor;
    private volatile boolean stopping;

    protected Workers(Endpoint endpoint, Processor processor, int workers) {
        super(endpoint, processor);
        this.workers = workers;
    }

    /**
     * Takes messages for as long as this {@link #runs}. When it ends before, it begins anew.
     *
     * @param number of the worker, from 1
     */
    protected abstract void work(int number) throws InterruptedException;

    /** Whether a worker is to go on. */
    protected final boolean runs() {
        return isRunAllowed() && !stopping;
    }

    /** Waits a second, unless this is stopped meanwhile. */
    protected final void pause() {
        for (int i = 0; i < BACKOFF_MILLIS / LOOK_MILLIS && runs(); i++) {
            look();
        }
    }

    /** Waits until it is time to look again. */
    protected final void look() {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
    }

    /**
     * Sends messages down the route, and waits until they are stored.
     *
     * @return false when one was not: then all of them are to be given again
     */
    protected final boolean store(List<QueueEntry> entries) throws InterruptedException {
        Taken taken = new Taken();
        inHand.addAndGet(entries.size());
        try {
            for (QueueEntry entry : entries) {
                Exchange exchange = createExchange(true);
                exchange.getMessage().setBody(entry);
                taken.send(exchange, getAsyncProcessor());
            }
            taken.await();
            return true;
        } catch (NotStored e) {
            if (!stopping) {
                LOG.warn("Messages stay in the queue, to be tried again ({}): {}", entries.size(), e.getMessage());
            }
            return false;
        } finally {
            inHand.addAndGet(-entries.size());
        }
    }

    private void run(int number) {
        while (runs()) {
            try {
                work(number);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                LOG.error("Unexpected error in a worker of the queue; it begins anew", e);
                pause();
            }
        }
    }

    @Override
    public final boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        return false;
    }

    @Override
    public final int getPendingExchangesSize() {
        return inHand.get();
    }

    @Override
    public final void prepareShutdown(boolean suspendOnly, boolean forced) {
        // nothing waits here
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        stopping = false;
        executor = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newFixedThreadPool(this, getEndpoint().getEndpointUri(), workers);
        for (int i = 1; i <= workers; i++) {
            int number = i;
            executor.execute(() -> run(number));
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
        stopping = true;
        if (executor != null) {
            // the server is still told what was stored
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdownGraceful(executor, STOP_MILLIS);
            executor = null;
        }
        super.doStop();
    }
}
