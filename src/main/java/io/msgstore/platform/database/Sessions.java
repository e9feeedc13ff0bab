/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;

/**
 * Opens connections whose statements end after a time.
 *
 * <p>A session of our own is told the time limit once, and the driver prepares there what it asks often. A pooler that gives
 * out a session for one transaction, as PgBouncer with {@code pool_mode=transaction}, pgcat and Odyssey do, would hand both on
 * to whoever comes next: statements of the same name would be taken for each other, and other clients' would be cut off. A
 * pooler is known by the process id that it made up for the connection: it is not that of the process that answers. Behind a pooler
 * nothing is prepared, and each statement brings its limit along ({@link SharedSession}).
 */
final class Sessions extends AbstractDriverBasedDataSource {
    /** For statements that may take as long as they take. */
    static final int NO_LIMIT = 0;

    private static final String CONNECTION_REFUSED = "08004";
    private static final int SOCKET_PATIENCE_SECONDS = 5;
    private static final int LONGEST_SECONDS = 3600;

    private final int timeoutMillis;

    /** @param timeoutMillis how long a statement may take, or {@link #NO_LIMIT} */
    Sessions(String url, String username, String password, int timeoutMillis) {
        this.timeoutMillis = timeoutMillis;
        setUrl(url);
        setUsername(username);
        setPassword(password);
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "msgstore");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "5");
        // for a network that swallows packets: well after the server would have cut the statement off
        properties.setProperty(
                "socketTimeout",
                Integer.toString(
                        timeoutMillis == NO_LIMIT ? LONGEST_SECONDS : timeoutMillis / 1_000 + SOCKET_PATIENCE_SECONDS));
        setConnectionProperties(properties);
    }

    @Override
    protected Connection getConnectionFromDriver(Properties properties) throws SQLException {
        Connection connection = new Driver().connect(getUrl(), properties);
        try {
            return prepared(connection);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private Connection prepared(Connection connection) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        if (!isOurs(connection, postgres)) {
            postgres.setPrepareThreshold(0);
            requireSchema(connection);
            return SharedSession.of(connection, timeoutMillis);
        }
        if (timeoutMillis != NO_LIMIT) {
            try (Statement statement = connection.createStatement()) {
                // by the server, to the millisecond: the driver's own time-outs count in seconds
                statement.execute("set statement_timeout = " + timeoutMillis);
            }
        }
        return connection;
    }

    // a pooler that leaves out what it does not know would have us work on other tables of the same names
    private void requireSchema(Connection connection) throws SQLException {
        Properties parsed = Driver.parseURL(getUrl(), new Properties());
        String wanted = parsed == null ? null : PGProperty.CURRENT_SCHEMA.getOrDefault(parsed);
        if (wanted == null) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet path = statement.executeQuery("select current_setting('search_path')")) {
            path.next();
            if (!plain(path.getString(1)).equals(plain(wanted))) {
                throw new SQLException(
                        "currentSchema=" + wanted
                                + " does not get through the pooler before the database: set it for the role"
                                + " (alter role … set search_path = " + wanted + ")",
                        CONNECTION_REFUSED);
            }
        }
    }

    private static String plain(String path) {
        return path.replaceAll("[\\s\"]", "");
    }

    private static boolean isOurs(Connection connection, PGConnection postgres) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet process = statement.executeQuery("select pg_backend_pid()")) {
            process.next();
            return process.getInt(1) == postgres.getBackendPID();
        }
    }
}
