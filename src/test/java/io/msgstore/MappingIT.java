/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TestRedis;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the tables after payloads that are not in msgstore's own form. */
class MappingIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void samplesOfEachReadyMappingBecomeRows() throws IOException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mapping", "chirpstack,owntracks,shelly,shelly-gen1,tasmota,tts")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            int samples = 0;
            for (String name : List.of("chirpstack", "owntracks", "shelly", "shelly-gen1", "tasmota", "tts")) {
                for (String sample : Files.readAllLines(Path.of("mappings/samples/" + name + ".txt"))) {
                    String[] parts = sample.split(" ", 2);
                    publisher.publish(parts[0], parts[1]);
                    samples++;
                }
            }
            // one more than the samples: a notification has two events
            assertThat(Counts.afterAtLeast(samples + 1, msgstore))
                    .isEqualTo(new Counts(samples + 1, samples - 1, 0, 2, 0, 0, 0, 0, 0));
            assertThat(msgstore.metric("msgstore_filtered_total", "filter", "mapping"))
                    .isEqualTo(2);
            assertThat(msgstore.metric("msgstore_received_parts_total")).isOne();
        }
        assertThat(rows("select terminal_id, gps_time::text as time, latitude::text, altitude, speed::int, direction,"
                                + " extra ->> 'batt' as battery from gps_position_histories order by 1, 2")
                        .stream()
                        .map(row -> row.values().toString()))
                .containsExactly(
                        "[0102030405060709, 2026-01-23 17:01:00+00, 48.210000, 180, null, null, null]",
                        "[alice/phone, 2026-01-23 17:00:00+00, 48.208200, 171, 42, 90, 87]",
                        "[alice/phone, 2026-01-23 17:01:00+00, 48.209100, null, null, null, 86]",
                        "[tractor, 2026-01-23 17:01:00.5+00, 48.210000, 180, null, null, null]");
        assertThat(rows("select event_type, extra ->> 'device' as device, coalesce(extra ->> 'value',"
                                + " extra #>> '{object,temperature}', extra #>> '{decoded,temperature}',"
                                + " extra #>> '{status,switch:0,apower}', extra #>> '{values,AM2301,Temperature}',"
                                + " extra #>> '{values,POWER}') as value from client_cmd_events order by 2, 1, 3")
                        .stream()
                        .map(row -> row.values().toString()))
                .containsExactly(
                        "[uplink, 0102030405060708, 21.5]",
                        "[uplink, 010203040506070a, null]",
                        "[uplink, bench-3, 21.5]",
                        "[sensor, kitchen, 21.5]",
                        "[sensor, kitchen, null]",
                        "[state, kitchen, ON]",
                        "[uplink, probe, null]",
                        "[info, shelly1pm-4d5e6f, {\"uptime\": 4711, \"wifi_sta\": {\"rssi\": -60, \"connected\": true}}]",
                        "[online, shelly1pm-4d5e6f, true]",
                        "[relay/0, shelly1pm-4d5e6f, on]",
                        "[sensor/temperature, shellyht-1a2b3c, 21.5]",
                        "[NotifyStatus, shellyplus1pm-a8032ab12345, 18.4]",
                        "[long_push, shellyplusi4-a8032ab54321, null]",
                        "[single_push, shellyplusi4-a8032ab54321, null]");
    }

    @Test
    void whatAMappingCannotDoIsADeadLetterThatABetterMappingStores() throws IOException {
        write("lab", "topic: lab/+", "{event: \"evt\", type: $levels[1], ts: $ts, value: .value}");
        write(
                "fleet",
                "topic: fleet/+",
                ".[] | {event: \"gps\", terminal_id: .id, ts: 1770602938, latitude: .lat, longitude: 1}");
        try (MsgstoreProcess msgstore =
                        SERVERS.msgstore().set("msgstore.mapping", "lab,fleet").startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("lab/t", "{\"value\":1}");
            publisher.publish("lab/t", "21.5");
            publisher.publish(
                    "fleet/f", "[{\"id\":\"a\",\"lat\":1},{\"id\":\"b\",\"lat\":95},{\"id\":\"c\",\"lat\":2}]");
            publisher.publish(
                    "plain",
                    "[{\"event\":\"gps\",\"terminal_id\":\"p\",\"ts\":1770602938,\"latitude\":1,\"longitude\":1},"
                            + "{\"event\":\"evt\",\"type\":\"x\"},{\"event\":\"evt\",\"type\":\"x\"},{\"no\":\"event\"}]");
            publisher.publish("plain", "[1,2]");
            assertThat(Counts.afterAtLeast(10, msgstore)).isEqualTo(new Counts(10, 6, 0, 0, 0, 0, 4, 0, 0));
        }
        assertThat(rows(
                                "select reason, error, topic, event, envelope -> 'payload' as payload, envelope -> 'part' as part"
                                        + " from dead_letters order by topic, reason, error")
                        .stream()
                        .map(row -> row.values().toString()))
                .satisfiesExactly(
                        row -> assertThat(row)
                                .startsWith("[bad-data, mapping fleet, message 2 of 3: ")
                                .contains("latitude 95")
                                .contains(", fleet/f, gps, {\"ts\": 1770602938, \"event\": \"gps\"")
                                .endsWith(", 2]"),
                        row -> assertThat(row)
                                .isEqualTo(
                                        "[mapping, mapping lab: Cannot index number with string \"value\", lab/t, null, 21.5, null]"),
                        row -> assertThat(row)
                                .isEqualTo(
                                        "[no-event, element 1 of the array is no JSON object, plain, null, [1, 2], null]"),
                        row -> assertThat(row).startsWith("[no-event, message 4 of 4 of an array: "));

        write("lab", "topic: lab/+", "{event: \"evt\", type: $levels[1], ts: $ts, value: (.value? // .)}");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.mapping", "lab,fleet")
                .set("msgstore.mqtt.topics", "plain,fleet/#")
                .startAndAwaitReady()) {
            assertThat(msgstore.output())
                    .contains("msgstore.mapping=lab: its topics are in no subscription"
                            + " (msgstore.mqtt.topics=plain,fleet/#), so it gets no message")
                    .doesNotContain("msgstore.mapping=fleet: ");
            assertThat(msgstore.request("POST", "/api/v1/dead-letters/replay", "")
                            .body())
                    .contains("\"replayed\":1", "\"failed_again\":3", "\"remaining\":3");
            assertThat(msgstore.get("/api/v1/accounts").body()).contains("\"balanced\":true");
        }
        assertThat(rows("select extra ->> 'value' as value from client_cmd_events where event_type = 't' order by 1"))
                .extracting(row -> row.get("value"))
                .containsExactly("1", "21.5");
        assertThat(SERVERS.postgres().query("select count(*) from client_cmd_events where event_type = 'x'"))
                .isEqualTo(2);
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                .isEqualTo(4);
    }

    @Test
    void aMistakeInAMappingStopsTheStart() throws IOException {
        write("lab", "topic: lab/#/b", "{event: }");
        try (MsgstoreProcess started =
                        SERVERS.msgstore().set("msgstore.mapping", "lab").start();
                MsgstoreProcess tried =
                        SERVERS.msgstore().arguments("--map", "lab", "lab/b").start()) {
            assertThat(started.awaitExit()).isOne();
            assertThat(tried.awaitExit()).isOne();
            for (MsgstoreProcess process : List.of(started, tried)) {
                assertThat(process.output())
                        .contains(
                                "msgstore: bad mapping\n",
                                "  mappings/lab.yaml: topic must be",
                                "  mappings/lab.yaml: jq, line 1")
                        .doesNotContain("\tat ");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "redis"})
    void anArrayThatIsPartlyStoredWhenMsgstoreIsKilledIsStoredOnce(String queue) throws Exception {
        try (TestRedis redis = queue.equals("redis") ? TestRedis.running() : null) {
            MsgstoreProcess.Builder builder = SERVERS.msgstore().asProcess().set("msgstore.queue", queue);
            if (redis != null) {
                builder.set("msgstore.redis.url", redis.url()).set("msgstore.redis.claim-after", "1s");
            }
            try (MsgstoreProcess msgstore = builder.startAndAwaitReady();
                    Publisher publisher = SERVERS.publisher();
                    Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table gps_position_histories in access exclusive mode");
                publisher.publish("t", "[" + gps("a") + ",{\"event\":\"evt\",\"type\":\"x\"}," + gps("b") + "]");
                SERVERS.awaitBlockedStatements(1);
                Awaitility.await("the part that is not blocked")
                        .atMost(Limits.LIMIT)
                        .until(() -> SERVERS.postgres().query("select count(*) from client_cmd_events") == 1);
                msgstore.kill9();
            }
            try (MsgstoreProcess msgstore = builder.startAndAwaitReady()) {
                Awaitility.await("the array once more")
                        .atMost(Limits.LIMIT)
                        .until(() ->
                                msgstore.metric("msgstore_write_ok_total") + msgstore.metric("msgstore_duplicate_total")
                                        == 3);
                assertThat(msgstore.metric("msgstore_duplicate_total", "event", "evt"))
                        .isOne();
                Awaitility.await("all settled")
                        .atMost(Limits.LIMIT)
                        .until(() -> msgstore.metric("msgstore_in_flight") == 0);
                assertThat(msgstore.get("/api/v1/accounts").body()).contains("\"balanced\":true");
                // no more of it waits in Redis
                Awaitility.await("an empty queue")
                        .atMost(Limits.LIMIT)
                        .until(() -> msgstore.metric("msgstore_queue_len") == 0);
                assertThat(msgstore.terminate()).isZero();
            }
            // nor at the broker
            try (MsgstoreProcess msgstore = builder.startAndAwaitReady();
                    Publisher publisher = SERVERS.publisher()) {
                publisher.publish("t", gps("last"));
                Awaitility.await("what came after it")
                        .atMost(Limits.LIMIT)
                        .until(() -> msgstore.metric("msgstore_write_ok_total") == 1);
                assertThat(msgstore.metric("msgstore_duplicate_total")).isZero();
            }
        }
        assertThat(rows("select terminal_id from gps_position_histories order by 1"))
                .extracting(row -> row.get("terminal_id"))
                .containsExactly("a", "b", "last");
        assertThat(SERVERS.postgres().query("select count(*) from client_cmd_events"))
                .isOne();
    }

    private static void write(String name, String topic, String jq) throws IOException {
        Files.writeString(
                Files.createDirectories(SERVERS.folder().resolve("mappings")).resolve(name + ".yaml"),
                topic + "\njq: |\n  " + jq + "\n");
    }

    private static String gps(String terminal) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal
                + "\",\"ts\":1770602938,\"latitude\":1,\"longitude\":2}";
    }

    private static List<Map<String, Object>> rows(String sql) {
        return SERVERS.postgres().rows(sql);
    }
}
