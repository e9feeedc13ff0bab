/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class DeadLetterApiIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALL = "/api/v1/dead-letters";

    private static TestPostgres postgres;
    private static MsgstoreProcess msgstore;

    @BeforeAll
    static void start(@TempDir Path folder) {
        postgres = TestPostgres.running();
        msgstore = MsgstoreProcess.in(folder)
                .set("msgstore.mqtt.url", "embedded")
                .set("msgstore.embedded.mqtt-port", 0)
                .set("msgstore.dsn", postgres.jdbcUrl())
                .startAndAwaitReady();
    }

    @AfterAll
    static void stop() {
        msgstore.close();
        postgres.close();
    }

    @BeforeEach
    void makeTenLetters() {
        postgres.execute("truncate dead_letters restart identity; insert into dead_letters (failed_at, received_at,"
                + " reason, attempts, topic, event, replayed_at, envelope, payload, message_key, message_hash)"
                + " select timestamptz '2026-01-01T00:00:00Z' + interval '1 day' * i, '2026-01-01T00:00:00.5Z',"
                + " case when i % 2 = 0 then 'bad-data' else 'not-json' end, 1, 'devices/t.' || i || '/up',"
                + " case when i % 2 = 0 then 'gps' end, case when i > 8 then now() end,"
                + " jsonb_build_object('topic', 'x'), case when i % 2 = 1 then decode(repeat('fe', 60), 'hex') end,"
                + " 'key-' || i, 'hash-' || i from generate_series(1, 10) i;"
                + " update dead_letters set error = 'Number out of range', trace_id = 'trace-4' where id = 4");
    }

    @Test
    void pagesFollowEachOther() {
        List<Long> ids = new ArrayList<>();
        JsonNode page = get(ALL + "?limit=4");
        while (true) {
            assertThat(page.get("total_open").asLong()).isEqualTo(8);
            page.get("items").forEach(item -> ids.add(item.get("id").asLong()));
            if (page.get("next").isNull()) {
                break;
            }
            page = get(ALL + "?limit=4&after=" + page.get("next").asLong());
        }
        assertThat(ids).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                                                   | 1 2 3 4 5 6 7 8 9 10
                    open=true                                            | 1 2 3 4 5 6 7 8
                    open=false                                           | 9 10
                    reason=bad-data&open=true                            | 2 4 6 8
                    event=gps&limit=2                                    | 2 4
                    topic=devices/t.3/up                                 | 3
                    topic=devices/+/up&after=8                           | 9 10
                    topic=devices/%2B/up&after=8                         | 9 10
                    topic=devices/%23&after=9                            | 10
                    topic=devices/t.7/up/%23                             | 7
                    topic=devices/t.%2B/up                               | ''
                    topic=%23&after=9                                    | 10
                    topic=devices                                        | ''
                    topic=' or 1=1 --                                    | ''
                    q=T.3                                                | 3
                    q=7                                                  | 7
                    q=%22x%22&reason=bad-data&open=true                  | 2 4 6 8
                    q=number%20out                                       | 4
                    q=376                                                | ''
                    q=%25                                                | ''
                    q=' or 1=1 --                                        | ''
                    order=newest&limit=3                                 | 10 9 8
                    order=newest&limit=3&after=8                         | 7 6 5
                    order=newest&after=2                                 | 1
                    order=oldest&limit=2                                 | 1 2
                    from=2026-01-09T00:00:00Z                            | 8 9 10
                    from=2026-01-03T00:00:00Z&to=2026-01-05T00:00:00Z    | 2 3
                    from=2026-01-11T02:00:00+02:00                       | 10
                    from=2026-01-11T02:00:00%2B02:00                     | 10
                    """)
    void filters(String query, String ids) {
        List<String> found = new ArrayList<>();
        get(ALL + "?" + query.replace(" ", "%20"))
                .get("items")
                .forEach(item -> found.add(item.get("id").asText()));
        assertThat(String.join(" ", found)).isEqualTo(ids);
    }

    @Test
    void aDeadLetterHasAllThatIsKnown() {
        JsonNode item = get(ALL + "/1");
        assertThat(item.get("failed_at").asText()).isEqualTo("2026-01-02T00:00:00.000Z");
        assertThat(item.get("received_at").asText()).isEqualTo("2026-01-01T00:00:00.500Z");
        assertThat(item.get("replayed_at").isNull()).isTrue();
        assertThat(item.get("envelope").get("topic").asText()).isEqualTo("x");
        assertThat(item.get("payload").asText()).isEqualTo("/v7+".repeat(20));
        assertThat(get(ALL + "?limit=1").get("items").get(0)).isEqualTo(inList(item));
        assertThat(get(ALL + "/9").get("replayed_at").isTextual()).isTrue();
    }

    @Test
    void whatIsLargeIsLeftOutButOfThePayload() {
        postgres.execute("update dead_letters set payload = null, envelope = jsonb_build_object('payload',"
                + " repeat('x', 100000)) where id = 3");
        JsonNode item = get(ALL + "/3");
        assertThat(item.get("envelope").isNull()).isTrue();
        assertThat(item.get("bytes").asLong()).isGreaterThan(100_000);
        assertThat(get(ALL + "?after=2&limit=1").get("items").get(0)).isEqualTo(inList(item));
        assertThat(msgstore.get(ALL + "/3/payload").body()).hasSize(100_000 + 2);

        JsonNode corrected = correct(3, "{}", 200);
        assertThat(corrected.at("/envelope/payload").isObject()).isTrue();
        assertThat(corrected.get("corrected_at").isNull()).isFalse();
        assertThat(corrected.get("original").isNull()).isTrue();

        postgres.execute("update dead_letters set payload = decode(repeat('fe', 100000), 'hex') where id = 1");
        assertThat(get(ALL + "/1").get("payload").isNull()).isTrue();
    }

    @Test
    void pagesFollowEachOtherNewestFirst() {
        JsonNode page = get(ALL + "?limit=4&order=newest");
        assertThat(page.get("next").asLong()).isEqualTo(7);
        assertThat(get(ALL + "?limit=6&order=newest&after=7").get("next").isNull())
                .isTrue();
    }

    @Test
    void findsBytesThatAreNoText() {
        postgres.execute("update dead_letters set payload = convert_to('Grüße {', 'UTF8') || '\\xff' where id = 1");
        assertThat(get(ALL + "?q=gr%C3%BC%C3%9Fe").get("items")).isEmpty();
        assertThat(get(ALL + "?q=Gr%C3%BC%C3%9Fe").get("items")).hasSize(1);
    }

    @Test
    void correctsAPayloadAndKeepsTheOriginal() {
        postgres.execute(
                "update dead_letters set envelope = '{\"topic\":\"x\",\"payload\":{\"a\":1.10}}' where id = 2");
        HttpResponse<String> payload = msgstore.get(ALL + "/2/payload");
        assertThat(payload.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(payload.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(payload.body()).contains("1.10");

        JsonNode corrected = correct(2, "{\"a\":12345678901234567890.10}", 200);
        assertThat(corrected.at("/envelope/topic").asText()).isEqualTo("x");
        assertThat(msgstore.get(ALL + "/2/payload").body()).contains("12345678901234567890.10");
        assertThat(corrected.at("/original/envelope/payload/a").asDouble()).isEqualTo(1.1);
        assertThat(corrected.get("corrected_at").isTextual()).isTrue();

        JsonNode again = correct(2, "{\"a\":3}", 200);
        assertThat(again.at("/original/envelope/payload/a").asDouble()).isEqualTo(1.1);
        assertThat(get(ALL + "?after=1&limit=1").get("items").get(0)).isEqualTo(inList(again));
    }

    @Test
    void correctsBytesWithJsonAndWithText() {
        HttpResponse<String> payload = msgstore.get(ALL + "/1/payload");
        assertThat(payload.headers().firstValue("Content-Type")).hasValue("application/octet-stream");

        JsonNode json = correct(1, "{\"event\":\"gps\"}", 200);
        assertThat(json.at("/envelope/payload/event").asText()).isEqualTo("gps");
        assertThat(json.get("payload").isNull()).isTrue();
        assertThat(json.at("/original/payload").asText()).isEqualTo("/v7+".repeat(20));

        HttpResponse<String> text = msgstore.request("PUT", ALL + "/1/payload", "no JSON", "text/plain");
        assertThat(text.statusCode()).as(text.body()).isEqualTo(200);
        assertThat(parse(text.body()).at("/envelope/payload").isMissingNode()).isTrue();
        assertThat(msgstore.get(ALL + "/1/payload").body()).isEqualTo("no JSON");
    }

    @Test
    void refusesACorrectionThatCannotBe() {
        correct(2, "{\"a\":", 400);
        correct(2, "{\"a\":\"\\u0000\"}", 400);
        correct(2, "", 400);
        correct(77, "{}", 404);
        correct(9, "{}", 409);
        assertProblem(msgstore.request("PUT", ALL + "/2/payload", "{}", "application/x-www-form-urlencoded"), 400);
        assertThat(postgres.query("select count(*) from dead_letters where corrected_at is not null"))
                .isZero();
    }

    @Test
    void deletes() {
        HttpResponse<String> gone = msgstore.request("DELETE", ALL + "/4", "");
        assertThat(gone.statusCode()).isEqualTo(204);
        assertThat(gone.body()).isEmpty();
        assertThat(postgres.query("select count(*) from dead_letters")).isEqualTo(9);
        assertProblem(msgstore.request("DELETE", ALL + "/4", ""), 404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET ?limit=0",
                "GET ?limit=501",
                "GET ?limit=ten",
                "GET ?after=-1",
                "GET ?open=yes",
                "GET ?from=yesterday",
                "GET ?to=2026-01-01",
                "GET ?reason=",
                "GET ?event=%00",
                "GET ?reasn=bad-data",
                "GET ?reason=a&reason=b",
                "GET ?q=",
                "GET ?order=up",
                "POST /replay?order=newest",
                "GET /1/payload?q=x",
                "GET /x/payload",
                "GET /seven",
                "GET /0",
                "GET /99999999999999999999",
                "GET /1?limit=1",
                "POST /replay?open=false",
                "POST /replay?reasn=bad-data",
                "POST /x/replay",
                "DELETE /x"
            })
    void refusesABadParameter(String request) {
        String[] parts = request.split(" ");
        HttpResponse<String> refused = msgstore.request(parts[0], ALL + parts[1], "");
        assertProblem(refused, 400);
    }

    @Test
    void refusesContent() {
        assertProblem(msgstore.request("POST", ALL + "/replay", "{\"reason\":\"bad-data\"}"), 400);
        assertThat(postgres.query("select sum(attempts) from dead_letters")).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /77", "DELETE /77", "POST /77/replay", "GET /77/payload"})
    void saysThatThereIsNone(String request) {
        String[] parts = request.split(" ");
        HttpResponse<String> none = msgstore.request(parts[0], ALL + parts[1], "");
        assertProblem(none, 404);
        assertThat(parse(none.body()).get("detail").asText()).isEqualTo("There is no such dead letter.");
    }

    @Test
    void otherPathsAndMethods() {
        assertThat(msgstore.request("PUT", ALL + "/1", "").statusCode()).isEqualTo(405);
        assertThat(msgstore.get("/api/v1/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void searchesThatTakeTooLongAreGivenUpAndHoldUpNothingElse() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> searches = new ArrayList<>();
        List<CompletableFuture<HttpResponse<String>>> replays = new ArrayList<>();
        try (Connection lock = postgres.connect()) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("lock table dead_letters in access exclusive mode");
            for (int i = 0; i < 2; i++) {
                searches.add(CompletableFuture.supplyAsync(() -> msgstore.get(ALL + "?q=x")));
                replays.add(
                        CompletableFuture.supplyAsync(() -> msgstore.request("POST", ALL + "/replay?q=nothing", "")));
            }
            await("all of them")
                    .atMost(Limits.LIMIT)
                    .until(() -> postgres.query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                            == 4);
            assertThat(msgstore.readiness()).isEqualTo(200);
            assertProblem(msgstore.get(ALL + "/1"), 503);
            for (CompletableFuture<HttpResponse<String>> search : searches) {
                HttpResponse<String> answer = search.get();
                assertProblem(answer, 503);
                assertThat(answer.body()).contains("Narrow the search").doesNotContain("Exception", "select");
            }
            lock.rollback();
        }
        for (CompletableFuture<HttpResponse<String>> replay : replays) {
            assertThat(replay.get().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void saysThatTheDatabaseIsAway() {
        postgres.stop();
        try {
            for (String request :
                    List.of("GET ", "GET /1", "DELETE /1", "POST /replay", "POST /1/replay", "GET /1/payload")) {
                String[] parts = request.split(" ", 2);
                HttpResponse<String> answer = msgstore.request(parts[0], ALL + parts[1], "");
                assertProblem(answer, 503);
                assertThat(answer.body()).doesNotContain("Exception", "select", "refused");
            }
        } finally {
            postgres.start();
        }
        msgstore.awaitReady();
        assertThat(get(ALL).get("total_open").asLong()).isEqualTo(8);
    }

    @Test
    void theDescriptionIsOfThisApi() {
        JsonNode description = get("/api/v1/openapi.json");
        description.get("paths").properties().forEach(path -> path.getValue().properties().stream()
                .filter(operation -> !operation.getKey().equals("parameters"))
                .forEach(operation -> {
                    String method = operation.getKey().toUpperCase(Locale.ROOT);
                    assertThat(operation.getValue().get("summary").asText()).isNotEmpty();
                    assertProblem(msgstore.request(method, path.getKey().replace("{id}", "0") + "?not=known", ""), 400);
                }));
        List<String> fields = new ArrayList<>();
        description.at("/components/schemas/DeadLetter/properties").fieldNames().forEachRemaining(fields::add);
        assertThat(get(ALL + "/1").fieldNames()).toIterable().containsExactlyElementsOf(fields);
    }

    private static JsonNode inList(JsonNode letter) {
        return ((ObjectNode) letter.deepCopy()).without("original");
    }

    private static JsonNode correct(long id, String json, int status) {
        HttpResponse<String> answer = msgstore.request("PUT", ALL + "/" + id + "/payload", json, "application/json");
        if (status == 200) {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        } else {
            assertProblem(answer, status);
        }
        return parse(answer.body());
    }

    private static JsonNode get(String path) {
        HttpResponse<String> answer = msgstore.get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        return parse(answer.body());
    }

    private static void assertProblem(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = parse(answer.body());
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("title").asText()).isNotEmpty();
        assertThat(problem.get("detail").asText()).isNotEmpty();
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }
}
