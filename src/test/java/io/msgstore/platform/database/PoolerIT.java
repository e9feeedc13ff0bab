/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TransactionPooler;

import static org.assertj.core.api.Assertions.assertThat;

/** A pooler between msgstore and the database, which shares its few sessions out by transactions. */
class PoolerIT {
    private static final int SESSIONS = 3;
    private static final int GPS = 2000;
    private static final int EVENTS = 600;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void everyRowIsInItsTableOnceAfterTheServiceAndThePoolerWereKilled() throws Exception {
        TransactionPooler first =
                TransactionPooler.running(0, SERVERS.postgres().port(), SESSIONS);
        int port = first.port();
        MsgstoreProcess.Builder builder =
                SERVERS.msgstore().asProcess().set("msgstore.dsn", url(port)).set("msgstore.batch-size", 20);
        try (Publisher publisher = SERVERS.publisher()) {
            try (MsgstoreProcess killed = builder.startAndAwaitReady()) {
                publish(publisher, 0, 3);
                first.close();
                publish(publisher, 1, 3);
                killed.kill9();
            }
            publish(publisher, 2, 3);
            try (TransactionPooler second =
                            TransactionPooler.running(port, SERVERS.postgres().port(), SESSIONS);
                    MsgstoreProcess msgstore = builder.startAndAwaitReady()) {
                assertThat(second.port()).isEqualTo(port);
                Awaitility.await("all rows")
                        .until(() -> count("select count(*) from gps_position_histories") >= GPS
                                && count("select count(*) from client_cmd_events") >= EVENTS);
                Counts counts = Counts.afterAtLeast(1, msgstore);
                assertThat(counts.dead()).isZero();
            }
        }
        assertThat(count("select count(*) from gps_position_histories where terminal_id like 't%'"))
                .isEqualTo(GPS);
        assertThat(count("select count(*) from gps_position_histories")).isEqualTo(GPS);
        assertThat(count("select count(*) from client_cmd_events where event_type = 'x'"))
                .isEqualTo(EVENTS);
        assertThat(count("select count(*) from client_cmd_events")).isEqualTo(EVENTS);
    }

    @Test
    void anotherClientMeetsNothingOfOurs() throws Exception {
        try (TransactionPooler pooler =
                        TransactionPooler.running(0, SERVERS.postgres().port(), SESSIONS);
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", url(pooler.port()))
                        .set("msgstore.notify", true)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publish(publisher, 0, 10);
            publisher.publish("devices/a", "no JSON");
            Counts.afterAtLeast((GPS + EVENTS) / 10 + 1, msgstore);
            assertThat(msgstore.get("/api/v1/dead-letters").body()).contains("not-json");
            assertThat(msgstore.request("POST", "/api/v1/dead-letters/1/replay", "")
                            .statusCode())
                    .isLessThan(300);
            for (int i = 0; i < 3 * SESSIONS; i++) {
                assertThat(inAllSessions(pooler, "show statement_timeout")).containsOnly("0");
                assertThat(inAllSessions(pooler, "select count(*) from pg_prepared_statements"))
                        .containsOnly("0");
                assertThat(inAllSessions(pooler, "show role")).containsOnly("none");
                assertThat(inAllSessions(pooler, "show search_path")).containsOnly("\"$user\", public");
            }
        }
    }

    @Test
    void aStatementStillHasItsLimit() throws Exception {
        try (TransactionPooler pooler =
                        TransactionPooler.running(0, SERVERS.postgres().port(), SESSIONS);
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", url(pooler.port()))
                        .set("msgstore.db-timeout-ms", 200)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher();
                Connection lock = SERVERS.postgres().connect();
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("lock table gps_position_histories in access exclusive mode");
            publish(publisher, 0, 100);
            msgstore.awaitLine("canceling statement due to statement timeout", Limits.LIMIT);
            lock.rollback();
            Counts.afterAtLeast((GPS + EVENTS) / 100, msgstore);
        }
    }

    @Test
    void aSchemaThatThePoolerLeavesOutIsSaidAndNothingIsStoredElsewhere() {
        SERVERS.postgres().execute("drop schema if exists telemetry cascade; create schema telemetry");
        try (TransactionPooler pooler =
                        TransactionPooler.running(0, SERVERS.postgres().port(), SESSIONS);
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", url(pooler.port()) + "&currentSchema=telemetry")
                        .start()) {
            msgstore.awaitLine("currentSchema=telemetry does not get through the pooler", Limits.LIMIT);
            assertThat(msgstore.isAlive()).isTrue();
        } finally {
            SERVERS.postgres().execute("drop schema telemetry cascade");
        }
        assertThat(count("select count(*) from pg_tables where schemaname = 'public'"))
                .isZero();
    }

    // shares of the messages, the events among the positions
    private static void publish(Publisher publisher, int share, int of) {
        List<String> messages = new ArrayList<>();
        for (int i = share * GPS / of; i < (share + 1) * GPS / of; i++) {
            messages.add("{\"event\":\"gps\",\"terminal_id\":\"t" + i % 50 + "\",\"ts\":" + (1_770_000_000 + i)
                    + ",\"latitude\":48.2,\"longitude\":16.4}");
        }
        for (int i = share * EVENTS / of; i < (share + 1) * EVENTS / of; i++) {
            messages.add((i * 7) % messages.size(), "{\"event\":\"evt\",\"type\":\"x\",\"n\":" + i + "}");
        }
        publisher.publishAll("devices/a", messages);
    }

    private static long count(String sql) {
        return SERVERS.postgres().query(sql);
    }

    private static String url(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/msgstore?user=postgres";
    }

    // a transaction in each of them at the same time
    private static List<String> inAllSessions(TransactionPooler pooler, String sql) throws SQLException {
        List<Connection> connections = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        try {
            for (int i = 0; i < SESSIONS; i++) {
                Connection connection = DriverManager.getConnection(url(pooler.port()) + "&prepareThreshold=0");
                connections.add(connection);
                connection.setAutoCommit(false);
                try (Statement statement = connection.createStatement();
                        ResultSet result = statement.executeQuery(sql)) {
                    result.next();
                    answers.add(result.getString(1));
                }
            }
        } finally {
            for (Connection connection : connections) {
                connection.rollback();
                connection.close();
            }
        }
        return answers;
    }
}
