/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;

/**
 * Ends sessions that may be the trouble themselves. What a session was opened with stays with it: that the database was
 * read-only, what its role might, where it looked for tables. The database may be well again while the pool keeps such sessions
 * for half an hour; HikariCP itself gives up only those that are cut off. So the session of any error that is neither of the data
 * nor of the time is closed, and the others of the pool with it, a second apart at most.
 */
final class SessionTrouble implements SQLExceptionOverride {
    private static final long BETWEEN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong endedNanos = new AtomicLong(System.nanoTime() - BETWEEN_NANOS);
    private volatile HikariDataSource pool;

    void watch(HikariDataSource watched) {
        pool = watched;
    }

    @java.lang.Override
    public Override adjudicate(SQLException error) {
        if (!SqlFailure.mayBeOfTheSession(error)) {
            return Override.CONTINUE_EVICT;
        }
        long last = endedNanos.get();
        long now = System.nanoTime();
        HikariDataSource watched = pool;
        if (watched != null && now - last >= BETWEEN_NANOS && endedNanos.compareAndSet(last, now)) {
            // those in use when they are given back
            watched.getHikariPoolMXBean().softEvictConnections();
        }
        return Override.MUST_EVICT;
    }
}
