/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The connections to the database: a pool for the store routes, whose statements are cut off after
 * {@code msgstore.db-timeout-ms}, and small ones: with patience for the message that took longer than that all by itself,
 * for replays, and for everything else; with less for whoever reads dead letters, and for the isolation of a batch, which other
 * batches wait for. So a search through all of them holds up nothing but other searches, and a network that falls silent holds up
 * no batch for a minute. None fails to start when the database is away.
 *
 * <p>A connection of theirs may be a session of our own, or be shared by a pooler such as PgBouncer ({@link Sessions}). One
 * whose session may be the trouble is not used again ({@link SessionTrouble}).
 */
public final class Database implements AutoCloseable {
    private static final int FEW_CONNECTIONS = 2;
    private static final int PATIENT_TIMEOUT_MS = 60_000;
    private static final int READING_TIMEOUT_MS = 10_000;
    // many statements in one call
    private static final int SHORTEST_ISOLATION_TIMEOUT_MS = 10_000;
    private static final int LONGEST_CONNECT_MS = 2_000;

    private final String url;
    private final String username;
    private final String password;
    private final MeterRegistry meters;
    private final Map<String, HikariDataSource> pools = new LinkedHashMap<>();
    private final Map<String, DataSource> sources;
    private final ThreadLocal<Boolean> patience = ThreadLocal.withInitial(() -> false);

    /**
     * @param url JDBC URL without credentials
     * @param username may be null
     * @param password may be null
     * @param poolSize connections for the store routes
     * @param timeoutMillis how long a store statement may take
     * @param meters show the pools, {@code hikaricp_connections…{pool}}
     */
    public Database(
            String url, String username, String password, int poolSize, int timeoutMillis, MeterRegistry meters) {
        this.url = url;
        this.username = username;
        this.password = password;
        this.meters = meters;
        HikariDataSource store = pool("store", poolSize, timeoutMillis);
        // everything that may take longer than a batch and has no pool of its own
        pool("patient", FEW_CONNECTIONS, PATIENT_TIMEOUT_MS);
        // a single message that may take a minute all by itself: its isolation, and its statement (see patience)
        HikariDataSource slow = pool("slow", FEW_CONNECTIONS, PATIENT_TIMEOUT_MS);
        // what a batch is refused for: one statement that is many. One that takes too long is halved
        pool("isolation", FEW_CONNECTIONS, Math.max(SHORTEST_ISOLATION_TIMEOUT_MS, 2 * timeoutMillis));
        // replays, which search as well
        pool("replay", FEW_CONNECTIONS, PATIENT_TIMEOUT_MS);
        // whoever reads dead letters and waits for the answer
        pool("reading", FEW_CONNECTIONS, READING_TIMEOUT_MS);
        sources = new HashMap<>(pools);
        sources.put("store", new DelegatingDataSource(store) {
            @Override
            public Connection getConnection() throws SQLException {
                return patience.get() ? slow.getConnection() : store.getConnection();
            }
        });
    }

    private HikariDataSource pool(String name, int size, int timeoutMillis) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(new Sessions(url, username, password, timeoutMillis));
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(0);
        config.setIdleTimeout(60_000);
        config.setInitializationFailTimeout(-1);
        config.setMetricRegistry(meters);
        // a long time for a statement is no reason to wait long for a database that is away
        config.setConnectionTimeout(Math.min(LONGEST_CONNECT_MS, Math.max(1_000, timeoutMillis)));
        SessionTrouble trouble = new SessionTrouble();
        config.setExceptionOverride(trouble);
        HikariDataSource pool = new HikariDataSource(config);
        trouble.watch(pool);
        pools.put(name, pool);
        return pool;
    }

    /** By the name of its pool. */
    public DataSource source(String name) {
        return sources.get(name);
    }

    /** For the store routes. */
    public DataSource store() {
        return source("store");
    }

    /** For everything that may take longer than a batch and has no pool of its own. */
    public DataSource patient() {
        return source("patient");
    }

    /** For the migrations, which take as long as they take, and for the preflight: not pooled, and closed after use. */
    public DataSource migrating() {
        return new Sessions(url, username, password, Sessions.NO_LIMIT);
    }

    /** Whether connections of this source are to this database. */
    boolean has(DataSource source) {
        return sources.containsValue(source);
    }

    /** Says whether the store's statements of this thread may take long. */
    public void patience(boolean value) {
        patience.set(value);
    }

    /** Fails when the database does not answer. */
    public void ping() throws SQLException {
        try (Connection connection = patient().getConnection()) {
            if (!connection.isValid(2)) {
                throw new SQLException("the database does not answer");
            }
        }
    }

    @Override
    public void close() {
        pools.values().forEach(HikariDataSource::close);
    }
}
