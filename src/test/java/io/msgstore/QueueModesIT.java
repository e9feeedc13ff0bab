/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What happens to messages for which there is no room, while the database stands still or is down. */
class QueueModesIT {
    private static final int QUEUE = 200;
    // beside the queue, four workers and the linger have at most a batch each, and one is open: two of 50, and the
    // others begun meanwhile may have grown to 100
    private static final long IN_BATCHES = 2 * 50 + 4 * 100;
    private static final Duration LIMIT = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    private Connection lock;

    @AfterEach
    void releaseDatabase() throws SQLException {
        if (lock != null) {
            lock.close();
            lock = null;
        }
    }

    @Test
    void dropGivesUpWhatDoesNotFitAndCountsIt() throws Exception {
        // all of it would not fit into the heap either
        int messages = 5000;
        try (MsgstoreProcess msgstore =
                small().set("msgstore.mqtt.receive-maximum", 65_535).heap("48m").startAndAwaitReady()) {
            holdDatabase();
            SERVERS.load().messages(messages).padding(4000).run();
            awaitMetric(msgstore, "msgstore_received_total", messages);
            assertThat(msgstore.metric("msgstore_queue_len")).isEqualTo(QUEUE);
            assertThat(msgstore.metric("msgstore_queue_capacity")).isEqualTo(QUEUE);
            releaseDatabase();

            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(counts.stored()).isBetween((long) QUEUE, QUEUE + IN_BATCHES);
            assertThat(counts)
                    .isEqualTo(new Counts(messages, counts.stored(), 0, 0, 0, messages - counts.stored(), 0, 0, 0));
            assertThat(msgstore.metric("msgstore_enqueue_drop_total", "reason", "queue-full"))
                    .isEqualTo(messages - counts.stored());
            assertThat(stored()).isEqualTo(counts.stored());
            assertThat(msgstore.output()).doesNotContain("OutOfMemoryError");
        }
    }

    @Test
    void dropLosesNothingAtQos1WhereTheBrokerSendsNoMoreThanTheQueueHolds() throws Exception {
        int messages = 3000;
        try (MsgstoreProcess msgstore = small().startAndAwaitReady()) {
            holdDatabase();
            SERVERS.load().messages(messages).run();
            awaitMetric(msgstore, "msgstore_in_flight", QUEUE);
            releaseDatabase();
            assertThat(Counts.afterAtLeast(messages, msgstore))
                    .isEqualTo(new Counts(messages, messages, 0, 0, 0, 0, 0, 0, 0));
        }
        assertThat(stored()).isEqualTo(messages);
    }

    @Test
    void blockWaitsForRoomBeforeItDrops() throws Exception {
        int messages = 1000;
        int waitMillis = 10;
        try (MsgstoreProcess msgstore = small().set("msgstore.enqueue-mode", "block")
                .set("msgstore.enqueue-wait-ms", waitMillis)
                .set("msgstore.mqtt.receive-maximum", 65_535)
                .startAndAwaitReady()) {
            holdDatabase();
            long start = System.nanoTime();
            SERVERS.load().messages(messages).run();
            awaitMetric(msgstore, "msgstore_received_total", messages);
            awaitMetric(msgstore, "msgstore_enqueue_drop_total", messages - QUEUE - IN_BATCHES);
            long tookMillis = (System.nanoTime() - start) / 1_000_000;
            releaseDatabase();

            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(counts.dropped()).isPositive();
            assertThat(counts.stored() + counts.dropped()).isEqualTo(messages);
            assertThat(stored()).isEqualTo(counts.stored());
            assertThat(tookMillis).isGreaterThan((messages - QUEUE - IN_BATCHES) * waitMillis);
        }
    }

    @Test
    void blockLosesNothingWhenThereIsRoomInTime() throws Exception {
        int messages = 2000;
        try (MsgstoreProcess msgstore = small().set("msgstore.enqueue-mode", "block")
                .set("msgstore.enqueue-wait-ms", 60_000)
                .set("msgstore.mqtt.receive-maximum", 65_535)
                .startAndAwaitReady()) {
            holdDatabase();
            SERVERS.load().messages(messages).run();
            awaitMetric(msgstore, "msgstore_queue_len", QUEUE);
            releaseDatabase();
            assertThat(Counts.afterAtLeast(messages, msgstore).dropped()).isZero();
        }
        assertThat(stored()).isEqualTo(messages);
    }

    @Test
    void disconnectLeavesTheBrokerAndComesBackWithoutLosingAnything() throws Exception {
        int messages = 20_000;
        try (MsgstoreProcess msgstore = small().set("msgstore.enqueue-mode", "disconnect")
                .set("msgstore.mqtt.receive-maximum", 65_535)
                .heap("72m")
                .startAndAwaitReady()) {
            awaitMetric(msgstore, "msgstore_mqtt_connected", 1);
            holdDatabase();
            SERVERS.load().messages(messages).padding(4000).run();
            Awaitility.await("it has left").atMost(LIMIT).until(() -> msgstore.metric("msgstore_mqtt_connected") == 0);
            assertThat(msgstore.output()).contains("leaving the broker");
            releaseDatabase();
            Awaitility.await("all is stored").atMost(LIMIT).until(() -> stored() == messages);

            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(counts.dropped()).isZero();
            assertThat(counts.stored() + counts.duplicate()).isEqualTo(counts.received());
            assertThat(msgstore.metric("msgstore_mqtt_connected")).isOne();
            assertThat(msgstore.output()).contains("back at the broker").doesNotContain("OutOfMemoryError");
        }
        assertThat(stored()).isEqualTo(messages);
    }

    @Test
    void disconnectGetsOnWithADatabaseThatIsSlowerThanTheBroker() throws Exception {
        int messages = 3000;
        try (MsgstoreProcess msgstore = small().set("msgstore.enqueue-mode", "disconnect")
                .set("msgstore.mqtt.receive-maximum", 65_535)
                .startAndAwaitReady()) {
            awaitMetric(msgstore, "msgstore_mqtt_connected", 1);
            slowDatabase();
            SERVERS.load().messages(messages).run();
            Awaitility.await("all is stored").atMost(LIMIT).until(() -> stored() == messages);

            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(msgstore.output()).contains("leaving the broker");
            assertThat(counts.stored()).isEqualTo(messages);
            assertThat(counts.dropped()).isZero();
            // what is in flight when it leaves is stored and acknowledged before, not delivered again
            assertThat(counts.duplicate()).isLessThan(QUEUE);
        }
    }

    @Test
    void withOnOutageDeadLetterMessagesGoToTheSpoolAndFromThereIntoTheTable() throws Exception {
        Folders.copyOfProject("routes", SERVERS.folder());
        impatientSpool();
        int messages = 300;
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.on-outage", "dead-letter")
                .set("msgstore.dead-letter.dir", "spool")
                .set("msgstore.retry-max", 1)
                .set("msgstore.retry-backoff-ms", 10)
                .set("msgstore.retry-backoff-max-ms", 10)
                .set("msgstore.db-timeout-ms", 300)
                .startAndAwaitReady()) {
            SERVERS.postgres().stop();
            SERVERS.load().messages(messages).run();
            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(counts).isEqualTo(new Counts(messages, 0, 0, 0, 0, 0, messages, 0, 0));
            assertThat(msgstore.metric("msgstore_dead_total", "reason", "outage"))
                    .isEqualTo(messages);
            assertThat(spooledLines()).hasSize(messages).allMatch(line -> line.contains("\"reason\":\"outage\""));

            SERVERS.postgres().start();
            Awaitility.await("dead letters in the table")
                    .atMost(LIMIT)
                    .until(() -> SERVERS.postgres().query("select count(*) from dead_letters") == messages);
            Awaitility.await("an empty spool").atMost(LIMIT).until(() -> spooledLines()
                    .isEmpty());
        }
        assertThat(SERVERS.postgres()
                        .rows("select distinct reason, event, envelope -> 'payload' ->> 'event' as sent"
                                + " from dead_letters"))
                .containsExactly(Map.of("reason", "outage", "event", "gps", "sent", "gps"));
        assertThat(stored()).isZero();
    }

    /** Shorter times than in the project: its file lies for a minute before it is moved. */
    private static void impatientSpool() throws IOException {
        Path file = SERVERS.folder().resolve("routes/failure/spool.camel.yaml");
        String route = Files.readString(file);
        assertThat(route).contains("delay: \"10000\"", "readLockMinAge: 70s");
        Files.writeString(
                file,
                route.replace("delay: \"10000\"", "delay: \"200\"")
                        .replace("readLockMinAge: 70s", "readLockMinAge: 2s"));
    }

    private static List<String> spooledLines() throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(SERVERS.folder().resolve("spool"))) {
            // not the lock of whoever looks whether one can be moved, which comes and goes
            files = list.filter(file -> file.toString().endsWith(".jsonl")).toList();
        }
        List<String> lines = new ArrayList<>();
        for (Path file : files) {
            Files.readAllLines(file).stream().filter(line -> !line.isBlank()).forEach(lines::add);
        }
        return lines;
    }

    private static MsgstoreProcess.Builder small() {
        return SERVERS.msgstore()
                .set("msgstore.queue-size", QUEUE)
                .set("msgstore.batch-size", 50)
                .set("msgstore.db-timeout-ms", 60_000);
    }

    private void holdDatabase() throws SQLException {
        lock = SERVERS.postgres().connect();
        lock.setAutoCommit(false);
        try (Statement statement = lock.createStatement()) {
            statement.execute("lock table gps_position_histories in access exclusive mode");
        }
    }

    /** Each statement takes 100 ms longer. */
    private static void slowDatabase() throws SQLException {
        try (Connection connection = SERVERS.postgres().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create function slow() returns trigger language plpgsql as"
                    + " 'begin perform pg_sleep(0.1); return null; end'");
            statement.execute("create trigger slow after insert on gps_position_histories"
                    + " for each statement execute function slow()");
        }
    }

    private static void awaitMetric(MsgstoreProcess msgstore, String name, double atLeast) {
        Awaitility.await(name).atMost(LIMIT).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> assertThat(
                        msgstore.metric(name))
                .isGreaterThanOrEqualTo(atLeast));
    }

    private static long stored() {
        return SERVERS.postgres().query("select count(*) from gps_position_histories");
    }
}
