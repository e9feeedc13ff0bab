/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.IOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TestPostgres;

import static io.msgstore.devices.failure.Letters.REPLAY;
import static io.msgstore.devices.failure.Letters.counts;
import static io.msgstore.devices.failure.Letters.gps;
import static io.msgstore.devices.failure.Letters.letters;
import static io.msgstore.devices.failure.Letters.replay;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Dead letters from their making to their replay on the command line; over HTTP: {@link ReplayIT}. */
class ReplayCommandIT {
    private static final Duration LONG = Limits.LIMIT;
    private static final Map<Integer, String> BAD = Map.of(
            50, gps(50).replace("\"ts\":1770000050", "\"gps_time\":\"the day before\""),
            200, gps(200).replace("52.5", "\"abc\""),
            333, gps(333).replace("}", ",\"extra\":{\"note\":\"\\u0000\"}}"),
            500, gps(500).replace("\"terminal_id\":\"t-500\",", ""),
            501, gps(501).replace("52.5", "1e30"),
            750, gps(750).replace("}", ",\"extra\":{\"note\":\"" + "x".repeat(2_000_000) + "\"}}"),
            999, gps(999).replace("gps", "tea"));

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    private final TestPostgres postgres = SERVERS.postgres();
    private final Letters letters = new Letters(postgres);

    private static MsgstoreProcess.Builder prepare() {
        return ReplayIT.settings(SERVERS.msgstore());
    }

    @Test
    void correctedMessagesAreStoredOnceAndTheRestStays() throws Exception {
        try (MsgstoreProcess msgstore = prepare().startAndAwaitReady()) {
            correctedMessagesAreStoredOnce(msgstore);
        }
        assertThat(replayByCommand(1)).endsWith("replayed 0, failed again 1, left 1");
        postgres.execute("update dead_letters set envelope = jsonb_set(envelope, '{payload,latitude}', '52.5')"
                + " where replayed_at is null");
        assertThat(replayByCommand(0)).endsWith("replayed 1, failed again 0, left 0");
        assertThat(replayByCommand(0)).endsWith("replayed 0, failed again 0, left 0");
        assertThat(letters.stored()).isEqualTo(1000);
    }

    private void correctedMessagesAreStoredOnce(MsgstoreProcess msgstore) throws IOException {
        publishAThousand(msgstore);
        assertThat(postgres.rows("select reason, event, topic from dead_letters").stream()
                        .collect(Collectors.toMap(row -> row.get("topic"), row -> row.get("reason"))))
                .isEqualTo(Map.of(
                        "devices/t-50/up", "bad-data",
                        "devices/t-200/up", "bad-data",
                        "devices/t-333/up", "bad-data",
                        "devices/t-500/up", "constraint",
                        "devices/t-501/up", "bad-data",
                        "devices/t-750/up", "too-large",
                        "devices/t-999/up", "unknown-event"));
        assertThat(letters.stored()).isEqualTo(993);

        JsonNode nothingCorrected = replay(msgstore, REPLAY);
        assertThat(nothingCorrected).isEqualTo(counts(0, 7, 0, 7));
        assertThat(postgres.query("select count(*) from dead_letters where replayed_at is null"))
                .isEqualTo(7);

        int attempts = (int) postgres.query("select attempts from dead_letters where topic = 'devices/t-200/up'");
        correctAllBut200();
        assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(6, 1, 0, 1));
        assertThat(letters.stored()).isEqualTo(999);
        assertThat(postgres.query("select count(distinct (terminal_id, gps_time)) from gps_position_histories"))
                .isEqualTo(999);
        Map<String, Object> left = postgres.rows("select topic, attempts, reason, envelope -> 'payload' ->> 'latitude'"
                        + " as latitude from dead_letters where replayed_at is null")
                .get(0);
        assertThat(left)
                .containsEntry("topic", "devices/t-200/up")
                .containsEntry("attempts", attempts + 1)
                .containsEntry("reason", "bad-data")
                .containsEntry("latitude", "abc");
        assertThat(postgres.query("select count(*) from dead_letters")).isEqualTo(7);

        List<Map<String, Object>> before = postgres.rows("select id, replayed_at from dead_letters order by id");
        assertThat(replay(msgstore, REPLAY + "?reason=too-large")).isEqualTo(counts(0, 0, 0, 0));
        assertThat(replay(msgstore, REPLAY + "?reason=bad-data&event=gps&topic=devices/+/up"))
                .isEqualTo(counts(0, 1, 0, 1));
        assertThat(letters.stored()).isEqualTo(999);
        assertThat(postgres.rows("select id, replayed_at from dead_letters order by id"))
                .isEqualTo(before);
        assertThat(msgstore.metric("msgstore_unaccounted")).isZero();
        assertThat(msgstore.metric("msgstore_received_total")).isEqualTo(1000 + 7 + 7 + 1);
    }

    @Test
    void aSmallQueueIsNotFlooded() {
        try (MsgstoreProcess msgstore = prepare()
                .set("msgstore.queue-size", 10)
                .set("msgstore.workers", 1)
                .startAndAwaitReady()) {
            postgres.execute(letters(500));
            assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(500, 0, 0, 0));
            assertThat(msgstore.metric("msgstore_enqueue_drop_total")).isZero();
        }
    }

    @Test
    void theCommandWaitsForTheDatabase() throws Exception {
        SERVERS.makeTables();
        postgres.execute(letters(20_000));
        Connection lock = postgres.connect();
        lock.setAutoCommit(false);
        lock.createStatement().execute("lock table gps_position_histories in access exclusive mode");
        try (MsgstoreProcess command =
                prepare().arguments("--replay-dead-letters").start()) {
            // in the middle of it, however fast it is
            await().atMost(LONG)
                    .until(() -> postgres.query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                    + " and application_name = 'msgstore'")
                            > 0);
            postgres.stop();
            lock.close();
            long said = progressLines(command);
            await().atMost(LONG).until(() -> progressLines(command) >= said + 2);
            postgres.start();
            assertThat(command.awaitExit()).isZero();
            assertThat(command.output()).contains("replayed 20000, failed again 0, left 0");
        }
        assertThat(letters.stored()).isEqualTo(20_000);
    }

    @Test
    void theCommandStartsAnEmbeddedDatabaseUnlessItRuns() {
        try (MsgstoreProcess msgstore = embedded().startAndAwaitReady()) {
            try (Publisher publisher = SERVERS.publisher()) {
                publisher.publish("devices/t-1/up", "tea");
            }
            await().atMost(LONG).until(() -> msgstore.metric("msgstore_dead_total") == 1);
            try (MsgstoreProcess command =
                    embedded().arguments("--replay-dead-letters").start()) {
                assertThat(command.awaitExit()).isEqualTo(1);
                assertThat(command.output()).contains("another msgstore").doesNotContain("replayed");
            }
            msgstore.terminate();
        }
        try (MsgstoreProcess command =
                embedded().arguments("--replay-dead-letters").start()) {
            assertThat(command.awaitExit()).isEqualTo(1);
            assertThat(command.output()).contains("replayed 0, failed again 1, left 1");
        }
    }

    private MsgstoreProcess.Builder embedded() {
        return prepare().set("msgstore.dsn", "embedded").set("msgstore.embedded.postgres-port", 0);
    }

    private void publishAThousand(MsgstoreProcess msgstore) throws IOException {
        try (Publisher publisher = SERVERS.publisher()) {
            for (int i = 0; i < 1000; i++) {
                publisher.publish("devices/t-" + i + "/up", BAD.getOrDefault(i, gps(i)));
            }
        }
        letters.await(7);
        await().atMost(LONG).until(() -> msgstore.metric("msgstore_received_total") == 1000);
        await().atMost(LONG).until(() -> msgstore.metric("msgstore_in_flight") == 0);
    }

    private void correctAllBut200() {
        letters.correct(50, "envelope = jsonb_set(envelope, '{payload}', '" + gps(50) + "')");
        letters.correct(333, "payload = convert_to('" + gps(333) + "', 'UTF8')");
        letters.correct(500, "envelope = jsonb_set(envelope, '{payload,terminal_id}', '\"t-500\"')");
        letters.correct(501, "envelope = jsonb_set(envelope, '{payload,latitude}', '52.5')");
        letters.correct(750, "envelope = envelope #- '{payload,extra}'");
        letters.correct(999, "envelope = jsonb_set(envelope, '{payload,event}', '\"gps\"')");
    }

    private static long progressLines(MsgstoreProcess command) {
        return command.output()
                .lines()
                .filter(line -> line.startsWith("replayed ") || line.startsWith("waiting for the database"))
                .count();
    }

    private String replayByCommand(int exitCode) {
        try (MsgstoreProcess command =
                prepare().arguments("--replay-dead-letters").start()) {
            assertThat(command.awaitExit()).as(command.output()).isEqualTo(exitCode);
            return command.output()
                    .lines()
                    .filter(line -> line.startsWith("replayed"))
                    .reduce((first, last) -> last)
                    .orElse(command.output());
        }
    }
}
