/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.spi.Policy;

/**
 * Keeps the statements of one batch name apart from the isolation of a batch of that name. A statement locks its rows in one order,
 * so that several may run side by side. An isolation runs the statement with many parts of a batch in one transaction: together
 * they lock rows in any order, for as long as all of them take. Others would wait for them until their time limit, or deadlock.
 *
 * <p>As a policy it makes what it is around exclusive, for a body that is a {@link Batch}.
 *
 * <p>The database stores what is right without it. So nobody waits longer than the limit, and whoever was waited for so long, as a
 * statement that a silent network has swallowed, is not waited for again.
 */
public final class StatementLocks implements Policy {
    private final Duration limit;
    private final LongSupplier nanoTime;
    private final Map<String, Turns> turns = new ConcurrentHashMap<>();

    /** Held until it is closed. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** With a limit of 10 s; an isolation takes tenths of a second, unless the database is slow. */
    public StatementLocks() {
        this(Duration.ofSeconds(10), System::nanoTime);
    }

    /**
     * @param limit longest wait
     * @param nanoTime as that of {@link System}
     */
    StatementLocks(Duration limit, LongSupplier nanoTime) {
        this.limit = limit;
        this.nanoTime = nanoTime;
    }

    /** Waits while a batch of this name is isolated, or about to be. */
    Held shared(Batch batch) {
        return turns(batch).take(false);
    }

    private Turns turns(Batch batch) {
        return turns.computeIfAbsent(batch.getName(), name -> new Turns());
    }

    @Override
    public void beforeWrap(Route route, NamedNode definition) {
        // nothing to prepare
    }

    @Override
    public Processor wrap(Route route, Processor processor) {
        // no service: then Camel starts what is wrapped
        return exchange -> {
            try (Held held =
                    turns(exchange.getMessage().getMandatoryBody(Batch.class)).take(true)) {
                processor.process(exchange);
            }
        };
    }

    /** Of one batch name. */
    private final class Turns {
        private final Set<Held> holders = new HashSet<>();
        private boolean exclusive;
        private int waitingForAll;

        synchronized Held take(boolean alone) {
            waitingForAll += alone ? 1 : 0;
            try {
                await(alone);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return () -> {};
            } finally {
                waitingForAll -= alone ? 1 : 0;
                notifyAll();
            }
            Held held = new Held() {
                @Override
                public void close() {
                    leave(this);
                }
            };
            holders.add(held);
            exclusive = alone;
            return held;
        }

        private void await(boolean alone) throws InterruptedException {
            long begin = nanoTime.getAsLong();
            while (alone ? !holders.isEmpty() : exclusive || waitingForAll > 0) {
                long left = limit.toMillis() - (nanoTime.getAsLong() - begin) / 1_000_000;
                if (left <= 0) {
                    holders.clear();
                    exclusive = false;
                    return;
                }
                wait(left);
            }
        }

        private synchronized void leave(Held held) {
            // but for those that are not waited for any more
            if (holders.remove(held)) {
                exclusive = false;
                notifyAll();
            }
        }
    }
}
