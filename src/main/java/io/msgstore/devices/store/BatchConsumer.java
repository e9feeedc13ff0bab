/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.contract.Headers;
import io.msgstore.platform.contract.Parameters;
import io.msgstore.platform.database.Deferred;
import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.log.TraceIds;
import io.msgstore.platform.tracing.Tracing;
import io.msgstore.platform.vitals.Vitals;

/**
 * Holds the open batch of its name and sends it down its route: a full batch on the thread that filled it, one that has waited on a thread of its own.
 *
 * <p>Two batches at a time keep a database busy, and a larger batch costs it less per message than a third one beside them
 * that waits for their rows. So while two are being written the open one may grow to twice its size, or wait
 * {@value #PATIENCE_MILLIS} ms longer.
 */
class BatchConsumer extends DefaultConsumer implements ShutdownAware {
    private static final Logger LOG = LoggerFactory.getLogger(BatchConsumer.class);
    private static final int BUSY = 2;
    private static final int GROWTH = 2;
    private static final long PATIENCE_MILLIS = 100;

    final BatchEndpoint endpoint;
    private final BatchComponent component;
    private final long lingerNanos;
    private final AtomicInteger writing = new AtomicInteger();
    private final Object lock = new Object();
    private Batch open;
    private long openedNanos;
    private String openedBy;
    private int batchesUnderWay;
    private volatile boolean stopping;
    private volatile boolean stopped;
    private volatile Thread lingerThread;
    private ExecutorService executor;

    BatchConsumer(BatchEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        component = endpoint.component;
        lingerNanos = endpoint.linger * 1_000_000;
        open = new Batch(endpoint.name);
    }

    /**
     * Adds a message; the caller whose message fills the batch writes it. No lock is held while it does.
     *
     * @param span the message's, as {@link Tracing#PARENT}, or null
     */
    void collect(Batch.Entry entry, String span) {
        Batch full = null;
        boolean first;
        synchronized (lock) {
            first = open.getSize() == 0;
            if (first) {
                openedNanos = System.nanoTime();
                openedBy = span;
            }
            open.add(entry);
            if (isFull()) {
                full = takeOpen();
            }
        }
        if (full != null) {
            component.left(full.getSize() - 1);
            writeTaken(full);
        } else {
            component.joined();
            if (first) {
                wake();
            }
        }
    }

    private boolean isFull() {
        return open.getSize() >= endpoint.size * (batchesUnderWay < BUSY ? 1 : GROWTH)
                || open.bytes >= endpoint.maxBytes;
    }

    private Batch takeOpen() {
        Batch taken = open;
        taken.span = openedBy;
        open = new Batch(endpoint.name);
        batchesUnderWay++;
        // under the same lock, so that a stop never sees the messages neither here nor there
        writing.addAndGet(taken.getSize());
        return taken;
    }

    /** Makes the linger thread look again. */
    void wake() {
        LockSupport.unpark(lingerThread);
    }

    private void linger() {
        lingerThread = Thread.currentThread();
        while (!stopped) {
            Batch due = null;
            long waitNanos = Long.MAX_VALUE;
            synchronized (lock) {
                if (open.getSize() > 0) {
                    boolean now = stopping || isFull() || component.allIsHeld();
                    waitNanos = now ? 0 : dueNanos() - System.nanoTime();
                    due = waitNanos <= 0 ? takeOpen() : null;
                }
            }
            if (due == null) {
                LockSupport.parkNanos(this, waitNanos);
            } else {
                component.left(due.getSize());
                writeTaken(due);
            }
        }
    }

    private long dueNanos() {
        return openedNanos + lingerNanos + (batchesUnderWay < BUSY ? 0 : PATIENCE_MILLIS * 1_000_000);
    }

    /** Sends the batch down the route and acknowledges its messages when that has gone well. */
    void write(Batch batch) {
        writing.addAndGet(batch.getSize());
        written(batch);
    }

    private void writeTaken(Batch batch) {
        try {
            written(batch);
        } finally {
            synchronized (lock) {
                batchesUnderWay--;
            }
            // what waited for us may be due now
            wake();
        }
    }

    private void written(Batch batch) {
        int messages = batch.getSize();
        try {
            send(batch);
        } finally {
            writing.addAndGet(-messages);
            component.wakeIfAllIsHeld();
        }
    }

    private void send(Batch batch) {
        Exchange exchange = createExchange(false);
        exchange.getExchangeExtension().addOnCompletion(batch);
        Exchange filledIt = TraceIds.inHand(exchange);
        try {
            createUoW(exchange);
            exchange.getMessage().setBody(batch);
            setHeader(exchange, Headers.TRACE_ID, batch.traceId());
            setHeader(exchange, Tracing.PARENT, batch.span);
            component.variables.forEach(exchange::setVariable);
            exchange.setVariable(Parameters.BATCH, new Deferred(batch::json));
            exchange.setVariable(Parameters.PAYLOADS, new Deferred(batch::payloads));
            getProcessor().process(exchange);
        } catch (Throwable e) {
            // also of an Error: without an exception the unit of work would acknowledge what is not stored
            Vitals.look(e);
            exchange.setException(e);
        }
        if (exchange.getException() != null && !getEndpoint().getCamelContext().isStopping()) {
            LOG.warn("{} is neither stored nor acknowledged: {}", batch, SqlFailure.message(exchange.getException()));
        }
        doneUoW(exchange);
        TraceIds.inHand(filledIt);
        releaseExchange(exchange, false);
    }

    private static void setHeader(Exchange exchange, String name, String value) {
        if (value != null) {
            exchange.getMessage().setHeader(name, value);
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        stopping = false;
        stopped = false;
        component.add(this);
        executor = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newSingleThreadExecutor(this, "batch-" + endpoint.name);
        executor.execute(this::linger);
    }

    @Override
    protected void doStop() throws Exception {
        component.remove(this);
        stopped = true;
        wake();
        if (executor != null) {
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdownNow(executor);
            executor = null;
        }
        super.doStop();
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        // asked when a stop begins: from here on nothing is gained by waiting for more
        stopping = true;
        wake();
        return true;
    }

    @Override
    public int getPendingExchangesSize() {
        synchronized (lock) {
            return open.getSize() + writing.get();
        }
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        // what was open is written by now, see deferShutdown
    }
}
