/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.OneTry;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** A stop by signal: what is finished, how long it takes, and that nothing is lost or stored twice. */
@OneTry
class StopIT {
    private static final Duration LIMIT = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void aStopUnderLoadFinishesAndAcknowledgesWhatItHas() {
        int messages = 20_000;
        try (MsgstoreProcess msgstore = SERVERS.msgstore().asProcess().startAndAwaitReady();
                LoadPublisher.Running load =
                        SERVERS.load().messages(messages).rate(4000).start()) {
            Awaitility.await("a flow").atMost(LIMIT).until(() -> stored() > 4000);
            assertThat(msgstore.terminate()).isZero();
            assertThat(msgstore.output())
                    .contains("Stopping: nothing more is received")
                    .containsPattern("Stopped after .* 0 stay with the broker");
            assertThat(stored()).isLessThan(messages);
            load.await(LIMIT);
        }
        long before = stored();
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            Counts counts = Counts.afterAtLeast(messages - before, msgstore);
            assertThat(counts.received())
                    .as("what the first one stored was acknowledged, to the last message")
                    .isEqualTo(messages - before);
        }
        assertThat(stored()).isEqualTo(messages);
    }

    @Test
    void whatTheTimeoutCutsOffStaysWithTheBroker() throws Exception {
        int messages = 3000;
        try (MsgstoreProcess msgstore =
                        patient().set("msgstore.stop-timeout", "3s").startAndAwaitReady();
                Connection lock = lockTheTable()) {
            SERVERS.load().messages(messages).run();
            awaitInFlight(msgstore, messages);
            long start = System.nanoTime();
            // the lock is held all the while, so it can only be the timeout that ends it
            assertThat(msgstore.terminate()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
            assertThat(msgstore.output())
                    .contains("Stopping: nothing more is received; 3000 messages in flight, which have 3 s")
                    .contains("Stopping: 3000 messages left, for at most")
                    .contains("0 messages finished meanwhile, 0 of them stored; 3000 stay with the broker");
        }
        assertThatEachIsStoredOnce(messages);
    }

    @Test
    void whatIsBlockedIsStoredWhenItCanBeInTime() throws Exception {
        int messages = 3000;
        try (MsgstoreProcess msgstore = patient().startAndAwaitReady()) {
            try (Connection lock = lockTheTable()) {
                SERVERS.load().messages(messages).run();
                awaitInFlight(msgstore, messages);
                msgstore.signal("TERM");
                msgstore.awaitLine("Stopping: 3000 messages left", LIMIT);
            }
            assertThat(msgstore.awaitExit()).isZero();
            assertThat(msgstore.output())
                    .contains("3000 messages finished meanwhile, 3000 of them stored; 0 stay with the broker");
        }
        assertThat(stored()).isEqualTo(messages);
    }

    @Test
    void aStopDoesNotWaitForADatabaseThatIsAway() {
        int messages = 3000;
        try (MsgstoreProcess msgstore = SERVERS.msgstore().asProcess().startAndAwaitReady()) {
            SERVERS.postgres().stop();
            SERVERS.load().messages(messages).run();
            awaitInFlight(msgstore, messages);
            assertThat(msgstore.terminate()).isZero();
            assertThat(msgstore.output()).contains("3000 stay with the broker");
        } finally {
            SERVERS.postgres().start();
        }
        assertThatEachIsStoredOnce(messages);
    }

    @Test
    void aSecondSignalExitsAtOnceAndLosesNothing() throws Exception {
        int messages = 10_000;
        try (MsgstoreProcess msgstore = patient().startAndAwaitReady();
                LoadPublisher.Running load =
                        SERVERS.load().messages(messages).rate(4000).start()) {
            Awaitility.await("a flow").atMost(LIMIT).until(() -> stored() > 1000);
            try (Connection lock = lockTheTable()) {
                SERVERS.awaitBlockedStatements(1);
                msgstore.signal("TERM");
                msgstore.awaitLine("Stopping", LIMIT);
                load.await(LIMIT);
                assertThat(msgstore.terminate()).isEqualTo(143);
                assertThat(msgstore.output()).contains("SIGTERM again").doesNotContain("Stopped");
            }
        }
        assertThatEachIsStoredOnce(messages);
    }

    // a statement may wait for a lock for longer than any of these tests takes
    private static MsgstoreProcess.Builder patient() {
        return SERVERS.msgstore().asProcess().set("msgstore.db-timeout-ms", 60_000);
    }

    private static Connection lockTheTable() throws SQLException {
        Connection lock = SERVERS.postgres().connect();
        try (Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("lock table gps_position_histories in access exclusive mode");
        }
        return lock;
    }

    private static void awaitInFlight(MsgstoreProcess msgstore, int messages) {
        Awaitility.await("%d in flight".formatted(messages))
                .atMost(LIMIT)
                .until(() -> msgstore.metric("msgstore_in_flight") == messages);
    }

    private static void assertThatEachIsStoredOnce(int messages) {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            Awaitility.await("all stored").atMost(LIMIT).until(() -> stored() == messages);
            Counts.afterAtLeast(1, msgstore);
        }
        assertThat(stored()).isEqualTo(messages);
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                .isZero();
    }

    private static long stored() {
        return SERVERS.postgres().query("select count(*) from gps_position_histories");
    }
}
