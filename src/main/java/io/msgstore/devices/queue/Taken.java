/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.log.TraceIds;

/** Messages that a worker has taken from a durable queue together, and that are not all stored yet. */
public final class Taken {
    /** Property of an exchange of a durable queue: the messages that it holds. */
    static final String PROPERTY = "msgstore.taken";

    private static final Logger LOG = LoggerFactory.getLogger(Taken.class);

    private int all;
    private int open;
    private int failed;
    private boolean sends;
    private Backlog backlog;

    /**
     * When all of them are stored they are counted out of the backlog: before, the queue may give all of them again.
     *
     * @return whether each message is still to be added, because it was not sent by {@link #send}
     */
    synchronized boolean isCountedOutOf(Backlog from) {
        backlog = from;
        return !sends;
    }

    synchronized void add() {
        all++;
        open++;
    }

    synchronized void settle(boolean stored) {
        open--;
        if (!stored) {
            failed++;
        }
        if (open == 0) {
            notifyAll();
        }
    }

    /**
     * Sends a message of these down the route of a worker, unless one before it could not be stored: then that is what they all
     * wait for.
     *
     * @param exchange a new one, with the message
     * @param route what follows the consumer
     */
    public void send(Exchange exchange, AsyncProcessor route) {
        One one = new One();
        if (!begin()) {
            one.settle(false);
            return;
        }
        exchange.setProperty(PROPERTY, this);
        exchange.getExchangeExtension().addOnCompletion(one);
        TraceIds.inHand(exchange);
        try {
            route.process(exchange, doneSync -> {
                if (exchange.getException() != null) {
                    one.settle(false);
                }
            });
        } catch (Throwable e) {
            // an Error, which Camel lets through
            LOG.error("A message fails, and stays in the queue, for an error that no route handles", e);
            exchange.setException(e);
            // its accounts among them, unless a batch has taken them over
            Completions.take(exchange).forEach(completion -> completion.onFailure(exchange));
            one.settle(false);
        } finally {
            TraceIds.inHand(null);
        }
    }

    private synchronized boolean begin() {
        sends = true;
        add();
        return failed == 0;
    }

    /**
     * Waits until they are stored.
     *
     * @throws NotStored when one was not
     */
    public synchronized void await() throws InterruptedException {
        while (open > 0) {
            wait();
        }
        if (failed > 0) {
            throw new NotStored(failed + " of " + all + " messages were not stored, and stay in the queue");
        }
        if (backlog != null) {
            backlog.removed(all);
        }
    }

    private final class One extends AtomicBoolean implements Synchronization {
        private static final long serialVersionUID = 1;

        void settle(boolean stored) {
            if (compareAndSet(false, true)) {
                Taken.this.settle(stored);
            }
        }

        @Override
        public void onComplete(Exchange exchange) {
            settle(true);
        }

        @Override
        public void onFailure(Exchange exchange) {
            settle(false);
        }
    }
}
