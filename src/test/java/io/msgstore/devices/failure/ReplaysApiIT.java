/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** Replays that go on while nobody waits for them. */
class ReplaysApiIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALL = "/api/v1/replays";
    private static final Duration LIMIT = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void replaysWhatTheSearchFindsAndSaysHowFarItIs() throws SQLException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            makeLetters(250);
            JsonNode begun;
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table gps_position_histories in access exclusive mode");
                HttpResponse<String> answer = msgstore.request("POST", ALL + "?q=FLEET/1&limit=1000000", "");
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
                begun = parse(answer.body());
                assertThat(begun.get("state").asText()).isEqualTo("running");
                // 1, 10 to 19, 100 to 199
                assertThat(begun.get("total").asLong()).isEqualTo(111);
                assertThat(answer.headers().firstValue("Location"))
                        .hasValue(ALL + "/" + begun.get("id").asLong());

                HttpResponse<String> second = msgstore.request("POST", ALL, "");
                assertThat(second.statusCode()).isEqualTo(409);
                assertThat(second.headers().firstValue("Content-Type")).hasValue("application/problem+json");
                lock.rollback();
            }
            JsonNode done = awaitEnd(msgstore, begun.get("id").asLong());
            assertThat(done.get("state").asText()).isEqualTo("done");
            assertThat(done.get("replayed").asLong()).isEqualTo(110);
            assertThat(done.get("failed_again").asLong()).isOne();
            assertThat(done.get("ended_at").isTextual()).isTrue();
            assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories"))
                    .isEqualTo(110);
            assertThat(SERVERS.postgres().query("select count(*) from dead_letters where replayed_at is null"))
                    .isEqualTo(140);
            assertThat(parse(msgstore.get(ALL).body()).get("items")).hasSize(1);
        }
    }

    @Test
    void stopsAfterThePageThatIsUnderWay() throws SQLException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            makeLetters(1000);
            long id;
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table gps_position_histories in access exclusive mode");
                id = parse(msgstore.request("POST", ALL, "").body()).get("id").asLong();
                SERVERS.awaitBlockedStatements(1);
                assertThat(msgstore.request("DELETE", ALL + "/" + id, "").statusCode())
                        .isEqualTo(200);
                lock.rollback();
            }
            JsonNode stopped = awaitEnd(msgstore, id);
            assertThat(stopped.get("state").asText()).isEqualTo("stopped");
            assertThat(stopped.get("replayed").asLong()).isBetween(1L, 100L);
            assertThat(SERVERS.postgres().query("select count(*) from dead_letters where replayed_at is not null"))
                    .isEqualTo(stopped.get("replayed").asLong());
        }
    }

    @Test
    void waitsAsLongAsItTakesUnlessItIsStopped() throws SQLException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Connection lock = SERVERS.postgres().connect();
                Statement statement = lock.createStatement()) {
            makeLetters(150);
            lock.setAutoCommit(false);
            statement.execute("lock table gps_position_histories in access exclusive mode");
            long id = parse(msgstore.request("POST", ALL, "").body()).get("id").asLong();
            Awaitility.await("longer than a request would wait")
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(500))
                    .during(Duration.ofSeconds(13))
                    .until(() -> parse(msgstore.get(ALL + "/" + id).body())
                            .get("state")
                            .asText()
                            .equals("running"));
            msgstore.request("DELETE", ALL + "/" + id, "");
            JsonNode stopped = Awaitility.await("the end, while nothing moves")
                    .atMost(LIMIT)
                    .until(
                            () -> parse(msgstore.get(ALL + "/" + id).body()),
                            job -> !job.get("state").asText().equals("running"));
            assertThat(stopped.get("state").asText()).isEqualTo("stopped");
            // number 100 is among them, and has failed again
            assertThat(stopped.get("in_flight").asLong()).isEqualTo(99);
            assertThat(stopped.get("replayed").asLong()).isZero();

            long next =
                    parse(msgstore.request("POST", ALL, "").body()).get("id").asLong();
            Awaitility.await("what the stopped one left, or passed by")
                    .atMost(LIMIT)
                    .until(() -> parse(msgstore.get(ALL + "/" + next).body())
                                    .get("in_flight")
                                    .asLong()
                            == 99);
            lock.rollback();
            JsonNode passedBy = awaitEnd(msgstore, next);
            assertThat(passedBy.get("state").asText()).isEqualTo("failed");
            assertThat(passedBy.get("error").asText()).contains("another replay");
            assertThat(passedBy.get("replayed").asLong()).isEqualTo(50);
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            for (String method : List.of("GET", "DELETE")) {
                HttpResponse<String> none = msgstore.request(method, ALL + "/7", "");
                assertThat(none.statusCode()).isEqualTo(404);
                assertThat(parse(none.body()).get("detail").asText()).startsWith("There is no such replay");
            }
            assertThat(msgstore.get(ALL + "/x").statusCode()).isEqualTo(400);
            assertThat(msgstore.request("POST", ALL + "?open=true", "").statusCode())
                    .isEqualTo(400);
            SERVERS.postgres().stop();
            assertThat(msgstore.request("POST", ALL, "").statusCode()).isEqualTo(503);
            SERVERS.postgres().start();
            assertThat(parse(msgstore.get(ALL).body()).get("items")).isEmpty();
        }
    }

    // all good but number 100
    private static void makeLetters(int number) {
        SERVERS.postgres()
                .execute("insert into dead_letters (failed_at, received_at, reason, attempts, topic, envelope,"
                        + " message_key, message_hash) select now(), now(), 'outage', 1, 'fleet/' || i,"
                        + " jsonb_build_object('payload', jsonb_build_object('event', case when i <> 100 then 'gps'"
                        + " else 'nothing' end, 'terminal_id', 't' || i, 'ts', 1770602938, 'latitude', 1, 'longitude', 2)),"
                        + " 'key-' || i, 'hash-' || i from generate_series(1, " + number + ") i");
    }

    private static JsonNode awaitEnd(MsgstoreProcess msgstore, long id) {
        return Awaitility.await("the end of the replay")
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> parse(msgstore.get(ALL + "/" + id).body()),
                        job -> !job.get("state").asText().equals("running"));
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }
}
