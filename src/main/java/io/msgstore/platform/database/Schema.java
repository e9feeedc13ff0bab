/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.UserError;

/** Creates and upgrades the tables with Flyway, waiting for a database that is away. */
public final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);
    private static final String SYNTAX_OR_ACCESS = "42";
    private static final String INVALID_PARAMETER_VALUE = "22023";
    private static final String READ_ONLY = "25006";
    private static final String NO_RIGHT = "42501";
    private static final String NO_SCHEMA = "3F000";
    private static final long FIRST_WAIT_MS = 200;
    private static final long LONGEST_WAIT_MS = 5_000;

    private final DataSource dataSource;
    private final List<Migrations> migrations;
    private final boolean migrate;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile String timeZone = "";
    private volatile String state = "waiting for the database";
    private volatile boolean ready;

    /**
     * @param migrations of the modules, in the order in which they are run
     * @param migrate false to only wait until the database answers
     */
    public Schema(DataSource dataSource, List<Migrations> migrations, boolean migrate) {
        this.dataSource = dataSource;
        this.migrations = migrations;
        this.migrate = migrate;
    }

    /**
     * Returns once the schema is up to date; false when {@link #stop()} came first.
     *
     * @throws UserError when a migration is wrong, or was changed after it ran, or the database does not know the time zone:
     *     waiting would not help
     */
    public boolean await() throws InterruptedException {
        long wait = FIRST_WAIT_MS;
        String said = null;
        while (true) {
            try {
                prepare();
                ready = true;
                state = "ready";
                return true;
            } catch (UserError e) {
                state = e.getMessage();
                throw e;
            } catch (Exception e) {
                if (stopped.getCount() == 0) {
                    return false;
                }
                state = SqlFailure.message(e);
                if (!state.equals(said)) {
                    LOG.warn("Schema not ready, trying again: {}", state);
                    said = state;
                }
            }
            if (stopped.await(wait, TimeUnit.MILLISECONDS)) {
                return false;
            }
            wait = Math.min(LONGEST_WAIT_MS, wait * 2);
        }
    }

    /** @param name a zone that the database has to know ({@code msgstore.time-zone}), or empty */
    public void requireTimeZone(String name) {
        timeZone = name;
    }

    private void prepare() throws Exception {
        try (Connection connection = dataSource.getConnection()) {
            String readOnly = readOnly(connection);
            if (readOnly != null) {
                throw new SQLException(readOnly, READ_ONLY);
            }
            String unknown = unknownTimeZone(connection);
            if (unknown != null) {
                throw new UserError(unknown);
            }
        }
        if (!migrate) {
            return;
        }
        try {
            for (Migrations module : migrations) {
                MigrateResult result = flyway(module).migrate();
                if (result.migrationsExecuted > 0) {
                    LOG.info("Schema brought to version {}", named(module, result.targetSchemaVersion));
                }
            }
        } catch (FlywayException e) {
            String state = SqlFailure.sqlState(e);
            if (!SqlFailure.isSql(e) || state != null && state.startsWith(SYNTAX_OR_ACCESS)) {
                String unable = NO_RIGHT.equals(state) || NO_SCHEMA.equals(state) ? unable() : null;
                throw new UserError(unable != null ? unable : "schema: " + SqlFailure.message(e), e);
            }
            throw e;
        }
    }

    /** A version, with the name of its module where there are several. */
    private String named(Migrations module, Object version) {
        return (migrations.size() > 1 ? module.module() + " " : "") + version;
    }

    private Flyway flyway(Migrations module) {
        // tables that were there before msgstore are kept: the migrations say "if not exists"
        return Flyway.configure()
                .dataSource(dataSource)
                .locations(module.location())
                .table(module.history())
                .baselineOnMigrate(true)
                .baselineVersion("0")
                // migrations of users have numbers of their own, which ours come before and after
                .outOfOrder(true)
                // of a newer version that was here: also where a user's, with a higher number, is not missing
                .ignoreMigrationPatterns("*:missing", "*:future")
                .load();
    }

    /**
     * Versions of the migrations that a start would run now, in order.
     *
     * @throws FlywayException when that can't be found out
     */
    public List<String> due() {
        return migrate
                ? migrations.stream()
                        .flatMap(module -> Stream.of(flyway(module).info().pending())
                                .map(migration -> named(module, migration.getVersion())))
                        .toList()
                : List.of();
    }

    /**
     * What a start would stop or wait for, in sentences.
     *
     * @param migrating whether it would run migrations
     * @throws SQLException when the database can't be asked
     */
    public List<String> obstacles(boolean migrating) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return Stream.of(
                            readOnly(connection),
                            unknownTimeZone(connection),
                            migrating ? unableToCreate(connection) : null)
                    .filter(Objects::nonNull)
                    .toList();
        }
    }

    private static String readOnly(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(
                        "select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'")) {
            answer.next();
            if (answer.getBoolean(1)) {
                return "the database is a standby, which takes no rows: msgstore.dsn must name its primary, or several"
                        + " hosts and targetServerType=primary";
            }
            return answer.getBoolean(2)
                    ? "the database is read-only (default_transaction_read_only=on, of the server, the database or the role)"
                    : null;
        }
    }

    private String unknownTimeZone(Connection connection) throws SQLException {
        if (timeZone.isEmpty()) {
            return null;
        }
        try (PreparedStatement statement = connection.prepareStatement("select now() at time zone ?")) {
            statement.setString(1, timeZone);
            statement.execute();
            return null;
        } catch (SQLException e) {
            if (INVALID_PARAMETER_VALUE.equals(e.getSQLState())) {
                return "msgstore.time-zone=" + timeZone + ": the database does not know this time zone";
            }
            throw e;
        }
    }

    private String unable() {
        try (Connection connection = dataSource.getConnection()) {
            return unableToCreate(connection);
        } catch (SQLException e) {
            LOG.debug("Can't ask what the role may", e);
            return null;
        }
    }

    private static String unableToCreate(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("select current_user, quote_ident(current_schema()),"
                        + " has_schema_privilege(current_schema(), 'CREATE'), current_setting('search_path')")) {
            answer.next();
            String role = answer.getString(1);
            String schema = answer.getString(2);
            if (schema == null) {
                return "none of the schemas of search_path (" + answer.getString(4) + ") is there, or the role " + role
                        + " may use none: create one for the tables";
            }
            return answer.getBoolean(3)
                    ? null
                    : "the role " + role + " may not create tables in the schema " + schema
                            + ": grant create on schema "
                            + schema + " to " + role + ", or run the migrations as another role and set"
                            + " msgstore.db.migrate=false";
        }
    }

    /** Makes {@link #await()} return. */
    public void stop() {
        stopped.countDown();
    }

    /** Whether the schema is up to date. */
    public boolean ready() {
        return ready;
    }

    /** One line for people. */
    public String state() {
        return state;
    }
}
