/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.msgstore.platform.health.MsgstoreHealthCheck;

/** UP when the database answers, the schema is there, nothing is missing for the statements and the last batch went in. */
public final class DatabaseHealth extends MsgstoreHealthCheck {
    private final Database database;
    private final Schema schema;
    private final Preflight preflight;
    private Supplier<String> lastError = () -> null;
    private BooleanSupplier watch;

    public DatabaseHealth(Database database, Schema schema, Preflight preflight) {
        super("database");
        this.database = database;
        this.schema = schema;
        this.preflight = preflight;
        this.watch = schema::ready;
    }

    /**
     * For a module whose statements tell more than a ping.
     *
     * @param refused what the database said last to what it does not take; null while it takes it
     * @param up what is known of it, for whoever does not want to wait for its answer
     */
    public void watch(Supplier<String> refused, BooleanSupplier up) {
        lastError = refused;
        watch = up;
    }

    @Override
    public boolean isKnownToBeUp() {
        return watch.getAsBoolean();
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
