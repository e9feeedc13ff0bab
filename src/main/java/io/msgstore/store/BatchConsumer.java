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
    private volatile boolean stopping;

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
            writeTaken(full);
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
        // under the same lock, so that a stop never sees the messages neither here nor there
        writing.addAndGet(taken.getSize());
        return taken;
    }

    /** Nanoseconds until the open batch has waited long enough; {@link Long#MAX_VALUE} when there is none. */
    long dueInNanos() {
        synchronized (lock) {
            if (open.getSize() == 0) {
                return Long.MAX_VALUE;
            }
            return stopping ? 0 : openedNanos + lingerNanos - System.nanoTime();
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
            writeTaken(taken);
        } catch (Exception e) {
            getExceptionHandler().handleException("Can't write " + taken, e);
        }
        return true;
    }

    /** Sends the batch down the route and acknowledges its messages when that has gone well. */
    void write(Batch batch) throws Exception {
        writing.addAndGet(batch.getSize());
        writeTaken(batch);
    }

    private void writeTaken(Batch batch) throws Exception {
        int messages = batch.getSize();
        try {
            send(batch);
        } finally {
            writing.addAndGet(-messages);
            component.wakeIfAllIsHeld();
        }
    }

    private void send(Batch batch) throws Exception {
        Exchange exchange = createExchange(false);
        exchange.getMessage().setBody(batch);
        exchange.setVariable(Names.BATCH, batch.json());
        exchange.getExchangeExtension().addOnCompletion(batch);
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
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        stopping = false;
        component.add(this);
    }

    @Override
    protected void doStop() throws Exception {
        component.remove(this);
        super.doStop();
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        // asked when a stop begins: from here on nothing is gained by waiting for more
        stopping = true;
        component.wake();
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
