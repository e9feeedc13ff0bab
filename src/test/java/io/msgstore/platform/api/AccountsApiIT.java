/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What {@code /api/v1/accounts} says while messages move, and what of each message. */
class AccountsApiIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void theyAreBalancedAtEveryMomentOfALoad() {
        int messages = 12_000;
        List<JsonNode> samples = new ArrayList<>();
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                LoadPublisher.Running load =
                        SERVERS.load().messages(messages).rate(3000).start()) {
            Awaitility.await("all received and settled")
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        samples.add(accounts(msgstore));
                        JsonNode last = samples.get(samples.size() - 1);
                        return last.get("received").asLong() >= messages
                                && last.get("in_flight").asLong() == 0;
                    });
            load.await(LIMIT);
        }
        assertThat(samples).allSatisfy(sample -> {
            assertThat(sample.get("unaccounted").asLong()).isZero();
            assertThat(sample.get("balanced").asBoolean()).isTrue();
            assertThat(sum(sample, "stored")
                            + sum(sample, "duplicate")
                            + sample.get("in_flight").asLong())
                    .isEqualTo(sample.get("received").asLong());
        });
        assertThat(samples)
                .as("samples while messages were on the way")
                .filteredOn(sample -> sample.get("in_flight").asLong() > 0)
                .hasSizeGreaterThan(3);
    }

    @Test
    void everyMessageIsInOneOfThem() {
        Instant before = Instant.now();
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.exclude-topics", "out/#")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            String gps = "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770602938,\"latitude\":1,\"longitude\":2}";
            publisher.publish("t", gps);
            publisher.publish("t", gps);
            publisher.publish("t", "{\"event\":\"cmd\",\"type\":\"reboot\"}");
            publisher.publish("out/t", gps);
            publisher.publish("t", "{\"event\":\"connect\"}");
            publisher.publish("t", "no JSON");
            Counts.afterAtLeast(6, msgstore);

            JsonNode accounts = accounts(msgstore);
            assertThat(accounts.get("received").asLong()).isEqualTo(6);
            assertThat(accounts.get("stored")).isEqualTo(parse("{\"cmd\":1,\"gps\":1}"));
            assertThat(accounts.get("duplicate")).isEqualTo(parse("{\"gps\":1}"));
            assertThat(accounts.at("/filtered/topic").asLong()).isOne();
            assertThat(accounts.get("ignored")).isEqualTo(parse("{\"connect\":1}"));
            assertThat(accounts.at("/dead/not-json").asLong()).isOne();
            assertThat(sum(accounts, "dropped")).isZero();
            assertThat(accounts.get("balanced").asBoolean()).isTrue();
            assertThat(Instant.parse(accounts.get("since").asText())).isBetween(before, Instant.now());
            assertThat(Instant.parse(accounts.get("at").asText()))
                    .isBetween(Instant.parse(accounts.get("since").asText()), Instant.now());

            JsonNode described =
                    parse(msgstore.get("/api/v1/openapi.json").body()).at("/components/schemas/Accounts/properties");
            assertThat(accounts.fieldNames()).toIterable().containsExactlyElementsOf(() -> described.fieldNames());
        }
    }

    @Test
    void theyTellWhatIsHeldWhileTheDatabaseIsAway() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            SERVERS.postgres().stop();
            SERVERS.load().messages(100).run();
            Awaitility.await("100 in flight")
                    .atMost(LIMIT)
                    .until(() -> accounts(msgstore).get("in_flight").asLong() == 100);
            Awaitility.await("the age of the oldest")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_oldest_in_flight_seconds") > 1);
            SERVERS.postgres().start();
            Counts.afterAtLeast(100, msgstore);
            assertThat(msgstore.metric("msgstore_oldest_in_flight_seconds")).isZero();
        }
    }

    private static JsonNode accounts(MsgstoreProcess msgstore) {
        HttpResponse<String> answer = msgstore.get("/api/v1/accounts");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        return parse(answer.body());
    }

    private static long sum(JsonNode accounts, String term) {
        long sum = 0;
        for (JsonNode count : accounts.get(term)) {
            sum += count.asLong();
        }
        return sum;
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }
}
