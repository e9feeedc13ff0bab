/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.store;

import java.util.concurrent.atomic.AtomicInteger;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.Names;
import io.msgstore.failure.SqlFailure;

/** Holds the open batch of its name and sends full ones down its route, on the thread that calls. */
class BatchConsumer extends DefaultConsumer implements ShutdownAware {
    private static final Logger LOG = LoggerFactory.getLogger(BatchConsumer.class);

    private final BatchComponent component;
    private final String name;
    private final int size;
    private final long maxBytes;
    private final long lingerNanos;
    private final AtomicInteger writing = new AtomicInteger();
    private final Object lock = new Object();
    private Batch open;
    private long openedNanos;

    BatchConsumer(BatchEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        component = endpoint.getComponent();
        name = endpoint.getName();
        size = endpoint.getSize();
        maxBytes = endpoint.getMaxBytes();
        lingerNanos = endpoint.getLinger() * 1_000_000;
        open = new Batch(name);
    }

    String name() {
        return name;
    }

    /** Adds a message; the caller whose message fills the batch writes it. No lock is held while it does. */
    void collect(Batch.Entry entry) throws Exception {
        Batch full = null;
        boolean first;
        synchronized (lock) {
            first = open.getSize() == 0;
            if (first) {
                openedNanos = System.nanoTime();
            }
            open.add(entry);
            if (open.getSize() >= size || open.bytes() >= maxBytes) {
                full = takeOpen();
            }
        }
        if (full != null) {
            component.left(full.getSize() - 1);
            write(full);
        } else {
            component.joined();
            if (first) {
                component.wake();
            }
        }
    }

    private Batch takeOpen() {
        Batch taken = open;
        open = new Batch(name);
        return taken;
    }

    /** Nanoseconds until the open batch has waited long enough; {@link Long#MAX_VALUE} when there is none. */
    long dueInNanos() {
        synchronized (lock) {
            return open.getSize() == 0 ? Long.MAX_VALUE : openedNanos + lingerNanos - System.nanoTime();
        }
    }

    /** Writes what has gathered so far. False when there was nothing. */
    boolean writeOpenBatch() {
        Batch taken;
        synchronized (lock) {
            if (open.getSize() == 0) {
                return false;
            }
            taken = takeOpen();
        }
        component.left(taken.getSize());
        try {
            write(taken);
        } catch (Exception e) {
            getExceptionHandler().handleException("Can't write " + taken, e);
        }
        return true;
    }

    /** Sends the batch down the route and acknowledges its messages when that has gone well. */
    void write(Batch batch) throws Exception {
        Exchange exchange = createExchange(false);
        exchange.getMessage().setBody(batch);
        exchange.setVariable(Names.BATCH, batch.json());
        exchange.getExchangeExtension().addOnCompletion(batch);
        writing.addAndGet(batch.getSize());
        int messages = batch.getSize();
        createUoW(exchange);
        try {
            getProcessor().process(exchange);
            Exception error = exchange.getException();
            if (error != null && !getEndpoint().getCamelContext().isStopping()) {
                LOG.warn("{} is neither stored nor acknowledged: {}", batch, SqlFailure.message(error));
            }
        } finally {
            doneUoW(exchange);
            releaseExchange(exchange, false);
            writing.addAndGet(-messages);
            component.wakeIfAllIsHeld();
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        component.add(this);
    }

    @Override
    protected void doStop() throws Exception {
        component.remove(this);
        super.doStop();
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
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
        component.wake();
    }
}
