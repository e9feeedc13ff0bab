/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** Messages that are few and large, while the database stands still. */
class LargePayloadsIT {
    private static final int LARGE = 300_000;
    private static final int LIMIT = 4_000_000;
    private static final int OUT_OF_MEMORY = 3;

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
    void whatIsInFlightIsLimitedByItsBytesAndNothingIsLost() throws Exception {
        int messages = 40;
        int room = LIMIT / (LARGE + 1024);
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.max-in-flight-bytes", LIMIT)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            holdDatabase();
            publisher.publishAll(topic(), large(messages));
            Awaitility.await("no more have room")
                    .atMost(Limits.LIMIT)
                    .until(() -> msgstore.metric("msgstore_in_flight") == room);
            assertThat(msgstore.metric("msgstore_in_flight_bytes")).isBetween((double) room * LARGE, (double) LIMIT);
            assertThat(msgstore.metric("msgstore_in_flight_bytes_max")).isEqualTo(LIMIT);
            releaseDatabase();

            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(counts.stored()).isEqualTo(messages);
            assertThat(counts.dropped() + counts.dead()).isZero();
            assertThat(stored()).isEqualTo(messages);

            // one that does not fit, and one behind it
            publisher.publishAll(topic(), List.of(large(1000, 2_000_000), large(1001, 10)));
            Counts after = Counts.afterAtLeast(messages + 2, msgstore);
            assertThat(after.dead()).isEqualTo(1);
            assertThat(stored()).isEqualTo(messages + 1);
            assertThat(SERVERS.postgres()
                            .rows("select reason, octet_length(payload) as kept, envelope ->> 'payload_bytes' as bytes"
                                    + " from dead_letters"))
                    .containsExactly(Map.of(
                            "reason",
                            "too-large",
                            "kept",
                            65_536,
                            "bytes",
                            Integer.toString(large(1000, 2_000_000).length())));
            assertThat(msgstore.metric("msgstore_in_flight_bytes")).isZero();
        }
    }

    @Test
    void aProcessThatRunsOutOfMemoryEndsAndTheNextOneGetsThrough() throws Exception {
        // the broker sends 32 MiB before it wants some of them acknowledged: without a limit they fill the heap
        int messages = 200;
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .heap("48m")
                        .set("msgstore.max-in-flight-bytes", Integer.MAX_VALUE)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            holdDatabase();
            for (int from = 0; from < messages; from += 50) {
                publisher.publishAll(topic(), large(from, from + 50, LARGE));
            }
            assertThat(msgstore.awaitExit()).isEqualTo(OUT_OF_MEMORY);
            assertThat(msgstore.output())
                    .contains("msgstore: out of memory (Java heap space): leaving at once;", "stay with the broker");
        }
        releaseDatabase();
        try (MsgstoreProcess msgstore = SERVERS.msgstore().heap("48m").startAndAwaitReady()) {
            Awaitility.await("all are stored").atMost(Limits.LIMIT).until(() -> stored() == messages);
            assertThat(msgstore.metric("msgstore_dead_total")).isZero();
        }
    }

    private static String topic() {
        return "cam/" + SERVERS.clientId() + "/img";
    }

    private static List<String> large(int messages) {
        return large(0, messages, LARGE);
    }

    private static List<String> large(int from, int to, int size) {
        return IntStream.range(from, to).mapToObj(n -> large(n, size)).toList();
    }

    private static String large(int number, int size) {
        return "{\"event\":\"evt\",\"type\":\"image\",\"n\":" + number + ",\"jpeg\":\"" + "A".repeat(size) + "\"}";
    }

    private static long stored() {
        return SERVERS.postgres().query("select count(*) from client_cmd_events");
    }

    private void holdDatabase() throws SQLException {
        lock = SERVERS.postgres().connect();
        lock.setAutoCommit(false);
        try (Statement statement = lock.createStatement()) {
            statement.execute("lock table client_cmd_events in access exclusive mode");
        }
    }
}
