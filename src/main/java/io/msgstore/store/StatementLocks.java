/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.store;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

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
 * <p>The database would keep what is stored right without it. So whoever has waited for {@value #LIMIT_SECONDS} seconds goes on: a
 * single slow statement must not stop an event.
 */
public final class StatementLocks implements Policy {
    private static final int LIMIT_SECONDS = 10;

    private final Map<String, ReadWriteLock> locks = new ConcurrentHashMap<>();

    /** Held until it is closed, by the thread that took it. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** Waits while a batch of this name is isolated. */
    Held shared(Batch batch) {
        return hold(lock(batch).readLock());
    }

    private Held exclusive(Batch batch) {
        return hold(lock(batch).writeLock());
    }

    private ReadWriteLock lock(Batch batch) {
        return locks.computeIfAbsent(batch.getName(), name -> new ReentrantReadWriteLock(true));
    }

    private static Held hold(Lock lock) {
        try {
            if (lock.tryLock(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return lock::unlock;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return () -> {};
    }

    @Override
    public void beforeWrap(Route route, NamedNode definition) {
        // nothing to prepare
    }

    @Override
    public Processor wrap(Route route, Processor processor) {
        // no service: then Camel starts what is wrapped
        return exchange -> {
            try (Held held = exclusive(exchange.getMessage().getMandatoryBody(Batch.class))) {
                processor.process(exchange);
            }
        };
    }
}
