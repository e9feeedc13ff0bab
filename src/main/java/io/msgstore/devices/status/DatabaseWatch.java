/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

import io.msgstore.devices.store.Statements;
import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.database.Preflight;
import io.msgstore.platform.database.Schema;
import io.msgstore.platform.database.SqlFailure;

/** Looks every two seconds how the database is, so that whoever asks gets an answer at once, also while it is away. */
public final class DatabaseWatch implements Processor {
    /** It answers, and takes batches. */
    static final String UP = "up";
    /** It does not answer. */
    static final String DOWN = "down";
    /** It answers, and does not take batches. */
    static final String REFUSES = "refuses";
    /** It answers, and has no tables yet. */
    static final String PREPARING = "preparing";

    private final Database database;
    private final Schema schema;
    private final Preflight preflight;
    private final Statements statements;
    private volatile State state = new State(PREPARING, now(), null, null);

    /**
     * How the database is.
     *
     * @param state {@link #UP}, {@link #DOWN}, {@link #REFUSES} or {@link #PREPARING}
     * @param since since when, RFC 3339, UTC
     * @param lastError what was wrong last; null while nothing was
     * @param lastErrorAt when that was; null while nothing was
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record State(String state, String since, String lastError, String lastErrorAt) {}

    public DatabaseWatch(Database database, Schema schema, Preflight preflight, Statements statements) {
        this.database = database;
        this.schema = schema;
        this.preflight = preflight;
        this.statements = statements;
    }

    @Override
    public void process(Exchange exchange) {
        String refused = statements.lastError();
        try {
            database.ping();
            if (!schema.ready()) {
                become(PREPARING, null);
            } else {
                preflight.again();
                String problem = refused != null ? refused : preflight.problem();
                become(problem == null ? UP : REFUSES, problem);
            }
        } catch (SQLException e) {
            become(DOWN, SqlFailure.message(e));
        }
    }

    private void become(String next, String error) {
        State last = state;
        state = new State(
                next,
                next.equals(last.state) ? last.since : now(),
                error == null ? last.lastError : Secrets.mask(error),
                error == null ? last.lastErrorAt : now());
    }

    /** Whether it answered the last time, a few seconds ago at most, and takes batches. */
    public boolean isUp() {
        return state.state.equals(UP);
    }

    State state() {
        return state;
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
