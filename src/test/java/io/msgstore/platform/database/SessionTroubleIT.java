/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** Sessions that keep what the database or their role was like when they were opened. */
class SessionTroubleIT {
    private static final String OURS = "from pg_stat_activity where application_name = 'msgstore'";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void aDatabaseThatIsNoLongerReadOnlyIsWrittenToAtOnce() throws SQLException {
        wellAgainAfter(
                "alter database msgstore set default_transaction_read_only = on",
                "in a read-only transaction",
                "alter database msgstore reset default_transaction_read_only");
    }

    @Test
    void tablesThatARoleLooksForElsewhereAreFoundAgain() throws SQLException {
        wellAgainAfter(
                "alter role postgres in database msgstore set search_path = nowhere",
                "does not exist",
                "alter role postgres in database msgstore reset search_path");
    }

    private static void wellAgainAfter(String illness, String symptom, String cure) throws SQLException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.retry-backoff-max-ms", 500)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("d/a", gps(0));
            publisher.publish("d/a", "no JSON");
            Counts.afterAtLeast(2, msgstore);
            try {
                SERVERS.postgres().execute(illness);
                SERVERS.postgres().query("select count(pg_terminate_backend(pid)) " + OURS);
                for (int i = 1; i < 20; i++) {
                    publisher.publish("d/a", gps(i));
                    publisher.publish("d/a", "no JSON " + i);
                }
                msgstore.awaitLine(symptom, Limits.LIMIT);
            } finally {
                execute(cure);
            }
            assertThat(Counts.afterAtLeast(40, msgstore)).isEqualTo(new Counts(40, 20, 0, 0, 0, 0, 20, 0, 0));
            msgstore.awaitReady();
        }
    }

    // in a session that may write
    private static void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        SERVERS.postgres().jdbcUrl() + "&options=-c%20default_transaction_read_only=off");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String gps(int second) {
        return "{\"event\":\"gps\",\"terminal_id\":\"a\",\"ts\":" + (1_770_000_000 + second)
                + ",\"latitude\":48.2,\"longitude\":16.4}";
    }
}
