/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** How long a stop takes while the database holds everything up. */
class StopTimingsIT {
    private static final int MESSAGES = 3000;

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void aStopEndsWithItsTimeout() throws SQLException {
        try (MsgstoreProcess msgstore = held("3s");
                Connection lock = lockWithAllInFlight(msgstore)) {
            assertThat(timeToEnd(msgstore)).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(10));
        }
    }

    @Test
    void aSecondSignalExitsAtOnce() throws SQLException {
        try (MsgstoreProcess msgstore = held("1m");
                Connection lock = lockWithAllInFlight(msgstore)) {
            msgstore.signal("TERM");
            msgstore.awaitLine("Stopping", Duration.ofMinutes(1));
            assertThat(timeToEnd(msgstore)).isLessThan(Duration.ofSeconds(3));
        }
    }

    private static MsgstoreProcess held(String stopTimeout) {
        return SERVERS.msgstore()
                .set("msgstore.db-timeout-ms", 60_000)
                .set("msgstore.stop-timeout", stopTimeout)
                .startAndAwaitReady();
    }

    private static Connection lockWithAllInFlight(MsgstoreProcess msgstore) throws SQLException {
        Connection lock = SERVERS.postgres().connect();
        try (Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("lock table gps_position_histories in access exclusive mode");
        }
        SERVERS.load().messages(MESSAGES).run();
        Awaitility.await("all in flight").until(() -> msgstore.metric("msgstore_in_flight") == MESSAGES);
        return lock;
    }

    private static Duration timeToEnd(MsgstoreProcess msgstore) {
        long start = System.nanoTime();
        msgstore.terminate();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
