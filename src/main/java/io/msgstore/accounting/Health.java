/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.accounting;

import java.sql.SQLException;
import java.util.Map;

import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

import io.msgstore.canary.Canary;
import io.msgstore.config.Secrets;
import io.msgstore.database.Database;
import io.msgstore.database.Preflight;
import io.msgstore.database.Schema;
import io.msgstore.database.SqlFailure;
import io.msgstore.intake.MqttComponent;
import io.msgstore.queue.QueueState;
import io.msgstore.store.Statements;
import io.msgstore.vitals.Vitals;

/**
 * Readiness: the broker is connected and subscribed, the database answers, has its tables and takes batches, and the latest
 * canary got through. Liveness: no thread has ended that should run.
 */
public final class Health {
    private Health() {}

    /** UP when the database answers, the schema is there, nothing is missing for the statements and the last batch went in. */
    public static AbstractHealthCheck database(
            Database database, Schema schema, Preflight preflight, Statements statements) {
        return new Check("database") {
            @Override
            String problem() {
                if (!schema.ready()) {
                    return schema.state();
                }
                if (statements.lastError() != null) {
                    return statements.lastError();
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
        };
    }

    /**
     * UP when every connection to the broker is there and subscribed; where the broker grants less than was asked for, the
     * detail {@code degraded} says what.
     */
    public static AbstractHealthCheck broker(MqttComponent mqtt) {
        return new Check("mqtt") {
            @Override
            String problem() {
                return mqtt.connected() > 0 && mqtt.connected() >= mqtt.connections() ? null : mqtt.state();
            }

            @Override
            String degraded() {
                return mqtt.shortfall();
            }
        };
    }

    /**
     * UP when the server behind a durable queue answers, and also while messages go another way, which the detail
     * {@code degraded} then says.
     */
    public static AbstractHealthCheck queue(QueueState queue) {
        return new Check("queue") {
            @Override
            String problem() {
                return queue.isDegraded() ? null : queue.problem();
            }

            @Override
            String degraded() {
                return queue.isDegraded() ? queue.problem() : null;
            }
        };
    }

    /** UP until a canary is late, and again when one is in the database in time. */
    public static AbstractHealthCheck canary(Canary canary) {
        return new Check("canary") {
            @Override
            String problem() {
                return canary.problem();
            }
        };
    }

    /** Liveness: UP until a thread has ended by an error. */
    public static AbstractHealthCheck process() {
        return new Check("process") {
            @Override
            String problem() {
                return Vitals.problem();
            }

            @Override
            public boolean isLiveness() {
                return true;
            }

            @Override
            public boolean isReadiness() {
                return false;
            }
        };
    }

    private abstract static class Check extends AbstractHealthCheck {
        Check(String id) {
            super("msgstore", id);
        }

        /** What is wrong, or null. */
        abstract String problem();

        /** What is not as it should be though it is up, or null. */
        String degraded() {
            return null;
        }

        @Override
        public boolean isLiveness() {
            return false;
        }

        @Override
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            String problem = problem();
            String degraded = degraded();
            if (degraded != null) {
                builder.detail("degraded", Secrets.mask(degraded));
            }
            if (problem == null) {
                builder.up();
            } else {
                builder.message(Secrets.mask(problem)).down();
            }
        }
    }
}
