/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;

import org.awaitility.Awaitility;

import io.msgstore.platform.embedded.EmbeddedPostgres;

/**
 * A throw-away PostgreSQL on a random port that keeps its port and its data when it is stopped, killed and started again.
 * It does not sync to disk, and still keeps every commit: data outlive the server's processes, which is all that a test can end.
 */
public final class TestPostgres implements AutoCloseable {
    private static final Map<String, String> FAST = Map.of("fsync", "off", "full_page_writes", "off");

    private final Path folder = Folders.temporary("postgres");
    private final Map<String, String> settings = new LinkedHashMap<>(FAST);
    private final Thread atExit = new Thread(this::stop);
    /** Of {@link #query}: more than one where several threads ask. */
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

    private EmbeddedPostgres server;
    private int port;

    private TestPostgres(Map<String, String> settings) {
        this.settings.putAll(settings);
        Runtime.getRuntime().addShutdownHook(atExit);
        start();
    }

    /** Starts a new server. */
    public static TestPostgres running() {
        return new TestPostgres(Map.of());
    }

    /** Starts a new server with further settings, such as {@code max_connections=3}. */
    public static TestPostgres running(Map<String, String> settings) {
        return new TestPostgres(settings);
    }

    /** Starts it again after {@link #stop()} or {@link #kill9()}, on the same port and data. */
    public synchronized void start() {
        if (server != null) {
            return;
        }
        server = EmbeddedPostgres.start(folder, port, Folders.postgresPrograms(), settings);
        if (port != 0 && server.port() != port) {
            int taken = port;
            stop();
            throw new IllegalStateException("port " + taken + " was taken while the server was down");
        }
        port = server.port();
    }

    /** Stops it in good order, which cuts off its clients. */
    public synchronized void stop() {
        if (server != null) {
            server.close();
            server = null;
        }
    }

    /** Kills its main process; the others follow by themselves. */
    public synchronized void kill9() {
        ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly();
        Awaitility.await("end of the server").until(() -> server.pid() == -1);
        stop();
    }

    public int port() {
        return port;
    }

    /** Process id of its main process. */
    public long pid() {
        return server.pid();
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + EmbeddedPostgres.DATABASE + "?user="
                + EmbeddedPostgres.USER;
    }

    /** The first column of the first row, such as a count. It may be asked again and again: it keeps its connection. */
    public long query(String sql) {
        for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
            try {
                return query(kept, sql);
            } catch (SQLException e) {
                // it may have ended with the server since: a new one says what is wrong
            }
        }
        try {
            return query(connect(), sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private long query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            if (!result.next()) {
                throw new IllegalStateException("no row: " + sql);
            }
            long value = result.getLong(1);
            idle.push(connection);
            return value;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** All rows, each by column name in the order of the query. */
    public List<Map<String, Object>> rows(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            ResultSetMetaData columns = result.getMetaData();
            List<Map<String, Object>> rows = new ArrayList<>();
            while (result.next()) {
                Map<String, Object> row = new LinkedHashMap<>();
                for (int column = 1; column <= columns.getColumnCount(); column++) {
                    row.put(columns.getColumnLabel(column), result.getObject(column));
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Runs one statement, or several with semicolons between them. */
    public void execute(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A connection for what one statement can't do, such as holding a lock. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl());
    }

    @Override
    public void close() {
        stop();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException exiting) {
            // then the hook stops it a second time, which does nothing
        }
        Folders.delete(folder);
    }
}
