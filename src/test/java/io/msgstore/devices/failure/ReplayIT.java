/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.net.http.HttpResponse;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeEach;
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

/** Dead letters and their replay over HTTP; from their making, and on the command line: {@link ReplayCommandIT}. */
class ReplayIT {
    private static final Duration LONG = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = Servers.sharing(ReplayIT::settings).inThisJvm();

    private final TestPostgres postgres = SERVERS.postgres();
    private final Letters letters = new Letters(postgres);
    private MsgstoreProcess msgstore;

    @BeforeEach
    void share() {
        msgstore = SERVERS.shared();
    }

    static MsgstoreProcess.Builder settings(MsgstoreProcess.Builder settings) {
        return settings.set("msgstore.batch-size", 100)
                // what is replayed was let in before
                .set("msgstore.exclude-topics", "excluded/#");
    }

    @Test
    void aCorrectionMayReplacePayloadOrEnvelope() {
        String nul = gps(1).replace("}", ",\"extra\":\"\\u0000\"}");
        try (Publisher publisher = SERVERS.publisher()) {
            IntStream.rangeClosed(1, 6).forEach(i -> publisher.publish("devices/t-" + i + "/up", i < 5 ? "{" : nul));
            publisher.publish("devices/t-7/up", "[1]");
        }
        letters.await(7);
        letters.correct(1, "payload = '" + gps(1) + "'");
        letters.correct(2, "payload = convert_to('" + gps(2) + "', 'UTF8')");
        letters.correct(3, "envelope = '{\"payload\":" + gps(3) + "}'");
        letters.correct(4, "envelope = jsonb_set(envelope, '{payload}', '" + gps(4) + "')");
        letters.correct(5, "payload = convert_to('" + gps(5) + "', 'UTF8')");
        letters.correct(6, "envelope = jsonb_set(envelope, '{payload}', '" + gps(6) + "'), payload = null");
        letters.correct(7, "payload = '" + gps(7) + "'");
        assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(7, 0, 0, 0));
        assertThat(postgres.query("select count(*) from gps_position_histories where terminal_id in"
                        + " ('t-1', 't-2', 't-3', 't-4', 't-5', 't-6', 't-7')"))
                .isEqualTo(7);
    }

    @Test
    void oneDeadLetterIsReplayedByItsId() {
        postgres.execute(letters(3));
        String one = "/api/v1/dead-letters/2/replay";
        assertThat(replay(msgstore, one)).isEqualTo(counts(1, 0, 0, 0));
        assertThat(replay(msgstore, one)).isEqualTo(counts(0, 0, 0, 0));
        assertThat(letters.stored()).isEqualTo(1);
        assertThat(msgstore.request("POST", "/api/v1/dead-letters/99/replay", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(replay(msgstore, REPLAY + "?limit=1").toString())
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
            CompletableFuture<JsonNode> replay = CompletableFuture.supplyAsync(() -> replay(msgstore, REPLAY));
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
        assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(2, 0, 0, 0));
        assertThat(
                        postgres.query(
                                "select count(*) from gps_position_histories where terminal_id in ('corrected-1', 'corrected-2')"))
                .isEqualTo(2);
        assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(0, 0, 0, 0));
    }

    @Test
    void storedBeforeTheCrashIsMarkedNow() {
        postgres.execute(letters(250));
        assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(250, 0, 0, 0));
        postgres.execute("update dead_letters set replayed_at = null");
        assertThat(replay(msgstore, REPLAY)).isEqualTo(counts(250, 0, 0, 0));
        assertThat(letters.stored()).isEqualTo(250);
        assertThat(msgstore.metric("msgstore_duplicate_total")).isEqualTo(250);
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
                    return replay(msgstore, REPLAY);
                }))
                .toList();
        go.countDown();
        long replayed = 0;
        for (CompletableFuture<JsonNode> one : both) {
            replayed += one.get().get("replayed").asLong();
        }
        assertThat(replayed).isEqualTo(3000);
        assertThat(letters.stored()).isEqualTo(3000);
        assertThat(postgres.query("select count(*) from dead_letters where replayed_at is null"))
                .isZero();
    }

    @Test
    void aDatabaseThatGoesAwayCostsNothing() throws Exception {
        postgres.execute(letters(10_000));
        CompletableFuture<HttpResponse<String>> replay =
                CompletableFuture.supplyAsync(() -> msgstore.request("POST", REPLAY, ""));
        await().atMost(LONG).until(() -> letters.stored() > 0);
        postgres.stop();
        HttpResponse<String> refused = replay.get();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).doesNotContain("Exception").doesNotContain("select");
        postgres.start();
        msgstore.awaitReady();
        await().atMost(LONG).until(() -> msgstore.metric("msgstore_in_flight") == 0);
        replay(msgstore, REPLAY);
        assertThat(postgres.query("select count(*) from dead_letters where replayed_at is null"))
                .isZero();
        assertThat(letters.stored()).isEqualTo(10_000);
        assertThat(postgres.query("select count(*) from dead_letters")).isEqualTo(10_000);
        assertThat(msgstore.metric("msgstore_unaccounted")).isZero();
    }
}
