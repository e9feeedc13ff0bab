/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.failure;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Dead letters from their making to their replay, over HTTP and on the command line. */
class ReplayIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LONG = Limits.LIMIT;
    private static final String REPLAY = "/api/v1/dead-letters/replay";
    private static final Map<Integer, String> BAD = Map.of(
            50, gps(50).replace("\"ts\":1770000050", "\"gps_time\":\"the day before\""),
            200, gps(200).replace("52.5", "\"abc\""),
            333, gps(333).replace("}", ",\"extra\":{\"note\":\"\\u0000\"}}"),
            500, gps(500).replace("\"terminal_id\":\"t-500\",", ""),
            501, gps(501).replace("52.5", "1e30"),
            750, gps(750).replace("}", ",\"extra\":{\"note\":\"" + "x".repeat(2_000_000) + "\"}}"),
            999, gps(999).replace("gps", "tea"));

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    private final TestPostgres postgres = SERVERS.postgres();
    private MsgstoreProcess msgstore;

    @BeforeEach
    void start() {
        msgstore = prepare().startAndAwaitReady();
    }

    private MsgstoreProcess.Builder prepare() {
        return SERVERS.msgstore()
                .set("msgstore.batch-size", 100)
                // what is replayed was let in before
                .set("msgstore.exclude-topics", "excluded/#");
    }

    @AfterEach
    void stop() {
        msgstore.close();
    }

    @Test
    void correctedMessagesAreStoredOnceAndTheRestStays() throws Exception {
        publishAThousand();
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
        assertThat(stored()).isEqualTo(993);

        JsonNode nothingCorrected = replay(REPLAY);
        assertThat(nothingCorrected).isEqualTo(counts(0, 7, 0, 7));
        assertThat(postgres.query("select count(*) from dead_letters where replayed_at is null"))
                .isEqualTo(7);

        int attempts = (int) postgres.query("select attempts from dead_letters where topic = 'devices/t-200/up'");
        correctAllBut200();
        assertThat(replay(REPLAY)).isEqualTo(counts(6, 1, 0, 1));
        assertThat(stored()).isEqualTo(999);
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
        assertThat(replay(REPLAY + "?reason=too-large")).isEqualTo(counts(0, 0, 0, 0));
        assertThat(replay(REPLAY + "?reason=bad-data&event=gps&topic=devices/+/up"))
                .isEqualTo(counts(0, 1, 0, 1));
        assertThat(stored()).isEqualTo(999);
        assertThat(postgres.rows("select id, replayed_at from dead_letters order by id"))
                .isEqualTo(before);
        assertThat(msgstore.metric("msgstore_unaccounted")).isZero();
        assertThat(msgstore.metric("msgstore_received_total")).isEqualTo(1000 + 7 + 7 + 1);

        msgstore.close();
        assertThat(replayByCommand(1)).endsWith("replayed 0, failed again 1, left 1");
        postgres.execute("update dead_letters set envelope = jsonb_set(envelope, '{payload,latitude}', '52.5')"
                + " where replayed_at is null");
        assertThat(replayByCommand(0)).endsWith("replayed 1, failed again 0, left 0");
        assertThat(replayByCommand(0)).endsWith("replayed 0, failed again 0, left 0");
        assertThat(stored()).isEqualTo(1000);
    }

    @Test
    void aCorrectionMayReplacePayloadOrEnvelope() {
        String nul = gps(1).replace("}", ",\"extra\":\"\\u0000\"}");
        try (Publisher publisher = SERVERS.publisher()) {
            IntStream.rangeClosed(1, 6).forEach(i -> publisher.publish("devices/t-" + i + "/up", i < 5 ? "{" : nul));
            publisher.publish("devices/t-7/up", "[1]");
        }
        awaitDeadLetters(7);
        correct(1, "payload = '" + gps(1) + "'");
        correct(2, "payload = convert_to('" + gps(2) + "', 'UTF8')");
        correct(3, "envelope = '{\"payload\":" + gps(3) + "}'");
        correct(4, "envelope = jsonb_set(envelope, '{payload}', '" + gps(4) + "')");
        correct(5, "payload = convert_to('" + gps(5) + "', 'UTF8')");
        correct(6, "envelope = jsonb_set(envelope, '{payload}', '" + gps(6) + "'), payload = null");
        correct(7, "payload = '" + gps(7) + "'");
        assertThat(replay(REPLAY)).isEqualTo(counts(7, 0, 0, 0));
        assertThat(postgres.query("select count(*) from gps_position_histories where terminal_id in"
                        + " ('t-1', 't-2', 't-3', 't-4', 't-5', 't-6', 't-7')"))
                .isEqualTo(7);
    }

    @Test
    void oneDeadLetterIsReplayedByItsId() {
        postgres.execute(letters(3));
        String one = "/api/v1/dead-letters/2/replay";
        assertThat(replay(one)).isEqualTo(counts(1, 0, 0, 0));
        assertThat(replay(one)).isEqualTo(counts(0, 0, 0, 0));
        assertThat(stored()).isEqualTo(1);
        assertThat(msgstore.request("POST", "/api/v1/dead-letters/99/replay", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(replay(REPLAY + "?limit=1").toString())
                .isEqualTo("{\"replayed\":1,\"failed_again\":0,\"in_flight\":0,\"next\":1,\"remaining\":1}");
    }

    @Test
    void aCorrectionWhileAReplayHasTheLetterIsTakenByTheNext() throws Exception {
        postgres.execute(letters(2));
        try (Connection lock = postgres.connect();
                Connection slowly = postgres.connect()) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("lock table gps_position_histories in access exclusive mode");
            // begun before the letter is read, and not committed until it was
            slowly.setAutoCommit(false);
            slowly.createStatement()
                    .execute(
                            "update dead_letters set corrected_at = now(),"
                                    + " envelope = jsonb_set(envelope, '{payload,terminal_id}', '\"corrected-1\"') where id = 1");
            CompletableFuture<JsonNode> replay = CompletableFuture.supplyAsync(() -> replay(REPLAY));
            await().atMost(LONG)
                    .until(() -> postgres.query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                    + " and application_name = 'msgstore'")
                            > 0);
            slowly.commit();
            HttpResponse<String> corrected =
                    msgstore.request("PUT", "/api/v1/dead-letters/2/payload", gps(2).replace("t-2", "corrected-2"));
            assertThat(corrected.statusCode()).as(corrected.body()).isEqualTo(200);
            lock.rollback();
            assertThat(replay.get()).isEqualTo(counts(0, 0, 0, 2));
        }
        assertThat(replay(REPLAY)).isEqualTo(counts(2, 0, 0, 0));
        assertThat(
                        postgres.query(
                                "select count(*) from gps_position_histories where terminal_id in ('corrected-1', 'corrected-2')"))
                .isEqualTo(2);
        assertThat(replay(REPLAY)).isEqualTo(counts(0, 0, 0, 0));
    }

    @Test
    void storedBeforeTheCrashIsMarkedNow() {
        postgres.execute(letters(250));
        assertThat(replay(REPLAY)).isEqualTo(counts(250, 0, 0, 0));
        postgres.execute("update dead_letters set replayed_at = null");
        assertThat(replay(REPLAY)).isEqualTo(counts(250, 0, 0, 0));
        assertThat(stored()).isEqualTo(250);
        assertThat(msgstore.metric("msgstore_duplicate_total")).isEqualTo(250);
    }

    @Test
    void aSmallQueueIsNotFlooded() {
        msgstore.close();
        msgstore = prepare()
                .set("msgstore.queue-size", 10)
                .set("msgstore.workers", 1)
                .startAndAwaitReady();
        postgres.execute(letters(500));
        assertThat(replay(REPLAY)).isEqualTo(counts(500, 0, 0, 0));
        assertThat(msgstore.metric("msgstore_enqueue_drop_total")).isZero();
    }

    @Test
    void twoReplaysAtOnceShareTheWork() throws Exception {
        postgres.execute(letters(3000));
        CountDownLatch go = new CountDownLatch(1);
        List<CompletableFuture<JsonNode>> both = IntStream.range(0, 2)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return replay(REPLAY);
                }))
                .toList();
        go.countDown();
        long replayed = 0;
        for (CompletableFuture<JsonNode> one : both) {
            replayed += one.get().get("replayed").asLong();
        }
        assertThat(replayed).isEqualTo(3000);
        assertThat(stored()).isEqualTo(3000);
        assertThat(postgres.query("select count(*) from dead_letters where replayed_at is null"))
                .isZero();
    }

    @Test
    void aDatabaseThatGoesAwayCostsNothing() throws Exception {
        postgres.execute(letters(10_000));
        CompletableFuture<HttpResponse<String>> replay =
                CompletableFuture.supplyAsync(() -> msgstore.request("POST", REPLAY, ""));
        await().atMost(LONG).until(() -> stored() > 0);
        postgres.stop();
        HttpResponse<String> refused = replay.get();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).doesNotContain("Exception").doesNotContain("select");
        postgres.start();
        msgstore.awaitReady();
        await().atMost(LONG).until(() -> msgstore.metric("msgstore_in_flight") == 0);
        replay(REPLAY);
        assertThat(postgres.query("select count(*) from dead_letters where replayed_at is null"))
                .isZero();
        assertThat(stored()).isEqualTo(10_000);
        assertThat(postgres.query("select count(*) from dead_letters")).isEqualTo(10_000);
        assertThat(msgstore.metric("msgstore_unaccounted")).isZero();
    }

    @Test
    void theCommandWaitsForTheDatabase() throws Exception {
        postgres.execute(letters(20_000));
        msgstore.close();
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
        assertThat(stored()).isEqualTo(20_000);
    }

    @Test
    void theCommandStartsAnEmbeddedDatabaseUnlessItRuns() {
        msgstore.close();
        msgstore = embedded().startAndAwaitReady();
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
        try (MsgstoreProcess command =
                embedded().arguments("--replay-dead-letters").start()) {
            assertThat(command.awaitExit()).isEqualTo(1);
            assertThat(command.output()).contains("replayed 0, failed again 1, left 1");
        }
    }

    private MsgstoreProcess.Builder embedded() {
        return prepare().set("msgstore.dsn", "embedded").set("msgstore.embedded.postgres-port", 0);
    }

    private static String gps(int i) {
        return "{\"event\":\"gps\",\"terminal_id\":\"t-" + i + "\",\"ts\":" + (1_770_000_000 + i)
                + ",\"latitude\":52.5,\"longitude\":13.4}";
    }

    private void publishAThousand() throws IOException {
        try (Publisher publisher = SERVERS.publisher()) {
            for (int i = 0; i < 1000; i++) {
                publisher.publish("devices/t-" + i + "/up", BAD.getOrDefault(i, gps(i)));
            }
        }
        awaitDeadLetters(7);
        await().atMost(LONG).until(() -> msgstore.metric("msgstore_received_total") == 1000);
        await().atMost(LONG).until(() -> msgstore.metric("msgstore_in_flight") == 0);
    }

    private void correctAllBut200() {
        correct(50, "envelope = jsonb_set(envelope, '{payload}', '" + gps(50) + "')");
        correct(333, "payload = convert_to('" + gps(333) + "', 'UTF8')");
        correct(500, "envelope = jsonb_set(envelope, '{payload,terminal_id}', '\"t-500\"')");
        correct(501, "envelope = jsonb_set(envelope, '{payload,latitude}', '52.5')");
        correct(750, "envelope = envelope #- '{payload,extra}'");
        correct(999, "envelope = jsonb_set(envelope, '{payload,event}', '\"gps\"')");
    }

    private void correct(int device, String change) {
        postgres.execute("update dead_letters set " + change + " where topic = 'devices/t-" + device + "/up'");
    }

    /** SQL that makes open dead letters which can be stored. */
    private static String letters(int number) {
        return "insert into dead_letters (failed_at, received_at, reason, attempts, topic, event, envelope, message_key,"
                + " message_hash) select now(), now(), 'constraint', 1, 'excluded/' || i, 'gps', jsonb_build_object("
                + "'ts', '2026-01-23T17:00:00.123Z', 'topic', 'excluded/' || i, 'payload', jsonb_build_object("
                + "'event', 'gps', 'terminal_id', 't-' || i, 'ts', 1770000000, 'latitude', 1, 'longitude', 2)),"
                + " 'key-' || i, 'hash-' || i from generate_series(1, " + number + ") i";
    }

    private static long progressLines(MsgstoreProcess command) {
        return command.output()
                .lines()
                .filter(line -> line.startsWith("replayed ") || line.startsWith("waiting for the database"))
                .count();
    }

    private void awaitDeadLetters(int number) {
        await().atMost(LONG).until(() -> postgres.query("select count(*) from dead_letters") == number);
    }

    private long stored() {
        return postgres.query("select count(*) from gps_position_histories");
    }

    private JsonNode replay(String path) {
        HttpResponse<String> answer = msgstore.request("POST", path, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(answer.body(), e);
        }
    }

    private static JsonNode counts(int replayed, int failedAgain, int inFlight, int remaining) {
        return JSON.createObjectNode()
                .put("replayed", replayed)
                .put("failed_again", failedAgain)
                .put("in_flight", inFlight)
                .putNull("next")
                .put("remaining", remaining);
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
