/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.SQLException;
import java.util.function.Supplier;

import io.msgstore.platform.health.MsgstoreHealthCheck;

/** UP when the database answers, the schema is there, nothing is missing for the statements and the last batch went in. */
public final class DatabaseHealth extends MsgstoreHealthCheck {
    private final Database database;
    private final Schema schema;
    private final Preflight preflight;
    private final Supplier<String> lastError;

    /** @param lastError what the database said last to batches that it does not take; null while it takes them */
    public DatabaseHealth(Database database, Schema schema, Preflight preflight, Supplier<String> lastError) {
        super("database");
        this.database = database;
        this.schema = schema;
        this.preflight = preflight;
        this.lastError = lastError;
    }

    @Override
    protected String problem() {
        if (!schema.ready()) {
            return schema.state();
        }
        String refused = lastError.get();
        if (refused != null) {
            return refused;
        }
        if (preflight.problem() != null) {
            return preflight.problem();
        }
        try {
            database.ping();
            return null;
        } catch (SQLException e) {
            return SqlFailure.message(e);
        }
    }
}
