/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.UserError;
import io.msgstore.failure.SqlFailure;

/** Creates and upgrades the tables with Flyway, waiting for a database that is away. */
public final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);
    private static final String SYNTAX_OR_ACCESS = "42";
    private static final String INVALID_PARAMETER_VALUE = "22023";
    private static final long FIRST_WAIT_MS = 200;
    private static final long LONGEST_WAIT_MS = 5_000;

    private final DataSource dataSource;
    private final String location;
    private final boolean migrate;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile String timeZone = "";
    private volatile String state = "waiting for the database";
    private volatile boolean ready;

    /**
     * @param location folder of the migrations, {@code file:…} or {@code classpath:…}
     * @param migrate false to only wait until the database answers
     */
    public Schema(DataSource dataSource, String location, boolean migrate) {
        this.dataSource = dataSource;
        this.location = location.replaceFirst("^file:", "filesystem:");
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
        if (!timeZone.isEmpty() && !knowsTimeZone(dataSource, timeZone)) {
            throw new UserError("msgstore.time-zone=" + timeZone + ": the database does not know this time zone");
        }
        if (!migrate) {
            dataSource.getConnection().close();
            return;
        }
        try {
            // tables that were there before msgstore are kept: the migrations say "if not exists"
            MigrateResult result = Flyway.configure()
                    .dataSource(dataSource)
                    .locations(location)
                    .table("msgstore_schema_history")
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    // migrations of users have numbers of their own, which ours come before and after
                    .outOfOrder(true)
                    // of a newer version that was here: also where a user's, with a higher number, is not missing
                    .ignoreMigrationPatterns("*:missing", "*:future")
                    .load()
                    .migrate();
            if (result.migrationsExecuted > 0) {
                LOG.info("Schema brought to version {}", result.targetSchemaVersion);
            }
        } catch (FlywayException e) {
            String state = SqlFailure.sqlState(e);
            if (!SqlFailure.isSql(e) || state != null && state.startsWith(SYNTAX_OR_ACCESS)) {
                throw new UserError("schema: " + SqlFailure.message(e), e);
            }
            throw e;
        }
    }

    /** Whether the database behind the connections knows a time zone of this name. */
    public static boolean knowsTimeZone(DataSource dataSource, String name) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement("select now() at time zone ?")) {
            statement.setString(1, name);
            statement.execute();
            return true;
        } catch (SQLException e) {
            if (INVALID_PARAMETER_VALUE.equals(e.getSQLState())) {
                return false;
            }
            throw e;
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
