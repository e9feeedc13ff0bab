/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.sql.Connection;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the tables, and on the metrics page, after messages came in. */
class StoreIT {
    private static final int MESSAGES = 30_000;
    private static final int DEVICES = 500;

    @RegisterExtension
    static final Servers SERVERS = Servers.sharing(settings -> settings).inThisJvm();

    @Test
    void everyMessageIsStoredOnceAndCounted() {
        LoadPublisher load = SERVERS.load().devices(DEVICES).messages(MESSAGES).connections(2);
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            load.run();
            load.messages(5000).run();
            publisher.publish(topic("a"), "{\"event\":\"cmd\",\"type\":\"reboot\",\"ts\":1770602938}");
            publisher.publish(topic("a"), "{\"event\":\"connect\"}");
            publisher.publish(topic("a"), "no JSON");

            assertThat(Counts.afterAtLeast(MESSAGES + 5003, msgstore))
                    .isEqualTo(new Counts(35_003, 30_001, 5000, 0, 1, 0, 1, 0, 0));
            assertThat(msgstore.metric("msgstore_write_ok_total", "event", "gps"))
                    .isEqualTo(MESSAGES);
            assertThat(msgstore.metric("msgstore_dead_total", "reason", "not-json"))
                    .isOne();
        }
        assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories"))
                .isEqualTo(MESSAGES);
        Map<Object, List<Object>> latest = new HashMap<>();
        for (int i = MESSAGES - DEVICES; i < MESSAGES; i++) {
            latest.put(load.terminal(i), List.of(load.ts(i), (long) load.latitude(i)));
        }
        Map<Object, List<Object>> last = new HashMap<>();
        rows("select terminal_id, extract(epoch from gps_time)::bigint as ts, latitude::bigint from gps_position_last")
                .forEach(row -> last.put(row.get("terminal_id"), List.of(row.get("ts"), row.get("latitude"))));
        assertThat(last).hasSize(DEVICES).isEqualTo(latest);
        assertThat(rows("select event_type from client_cmd_events")).containsExactly(Map.of("event_type", "reboot"));
        assertThat(rows("select reason, topic, convert_from(payload, 'UTF8') as payload from dead_letters"))
                .containsExactly(Map.of("reason", "not-json", "topic", topic("a"), "payload", "no JSON"));
    }

    @Test
    void anOlderMessageDoesNotMoveTheLastPositionBackAndOneOfTheSameTimeReplacesIt() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish(topic("t"), gps("t", "1770000100", 10));
            Counts.afterAtLeast(1, msgstore);
            publisher.publish(topic("t"), gps("t", "1770000050", 20));
            Counts.afterAtLeast(2, msgstore);
            assertThat(lastLatitude()).isEqualTo(10);

            publisher.publish(topic("t"), gps("t", "1770000100", 30));
            assertThat(Counts.afterAtLeast(3, msgstore).duplicate()).isOne();
            assertThat(lastLatitude()).isEqualTo(30);
        }
        assertThat(rows("select latitude::int from gps_position_histories order by gps_time"))
                .containsExactly(Map.of("latitude", 20), Map.of("latitude", 10));
    }

    @Test
    void anInfiniteTimeOrPositionIsADeadLetterAndDoesNotHoldTheLastPosition() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish(topic("t"), gps("t", "\"Infinity\"", 10));
            publisher.publish(
                    topic("t"),
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"gps_time\":\"infinity\","
                            + "\"latitude\":10,\"longitude\":2}");
            publisher.publish(
                    topic("t"),
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000100,"
                            + "\"latitude\":\"NaN\",\"longitude\":2}");
            publisher.publish(topic("t"), gps("t", "1770000050", 20));
            Counts.afterAtLeast(4, msgstore);
            assertThat(lastLatitude()).isEqualTo(20);
            assertThat(msgstore.metric("msgstore_dead_total", "reason", "bad-data"))
                    .isEqualTo(3);
        }
    }

    @Test
    void timesAreReadAsSecondsMillisecondsAndRfc3339() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish(topic("t"), gps("1-seconds", "1770602938", 1));
            publisher.publish(topic("t"), gps("2-milliseconds", "1770602938123", 1));
            publisher.publish(
                    topic("t"),
                    "{\"event\":\"gps\",\"terminal_id\":\"3-utc\",\"gps_time\":\"2026-02-09T02:08:58.5Z\","
                            + "\"latitude\":1,\"longitude\":2}");
            publisher.publish(
                    topic("t"),
                    "{\"event\":\"gps\",\"terminal_id\":\"4-offset\",\"gps_time\":\"2026-02-09T10:08:58+08:00\","
                            + "\"latitude\":1,\"longitude\":2}");
            Counts.afterAtLeast(4, msgstore);
        }
        assertThat(rows("select terminal_id || ' ' || (extract(epoch from gps_time) * 1000)::bigint as row"
                        + " from gps_position_histories order by 1"))
                .extracting("row")
                .containsExactly(
                        "1-seconds 1770602938000",
                        "2-milliseconds 1770602938123",
                        "3-utc 1770602938500",
                        "4-offset 1770602938000");
    }

    @Test
    void everyFieldOfAPositionHasItsColumn() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish(
                    topic("t"),
                    "{\"event\":\"gps\",\"terminal_id\":\"013912345682\",\"ts\":1770602938,\"latitude\":31.2304161,"
                            + "\"longitude\":121.473701,\"latitude_gcj\":31.228443,\"longitude_gcj\":121.478242,"
                            + "\"altitude\":4,\"speed\":61.25,\"direction\":270,\"status\":3,\"alarm\":16,"
                            + "\"extra\":{\"fuel\":0.5}}");
            Counts.afterAtLeast(1, msgstore);
        }
        for (String table : List.of("gps_position_histories", "gps_position_last")) {
            assertThat(rows("select (to_jsonb(t) - 'created_at' - 'updated_at' - 'gps_time')::text as row from " + table
                            + " t"))
                    .extracting("row")
                    .containsExactly("{\"alarm\": 16, \"extra\": {\"fuel\": 0.5}, \"speed\": 61.25, \"status\": 3,"
                            + " \"altitude\": 4, \"latitude\": 31.230416, \"direction\": 270,"
                            + " \"longitude\": 121.473701, \"terminal_id\": \"013912345682\","
                            + " \"latitude_gcj\": 31.228443, \"longitude_gcj\": 121.478242}");
        }
    }

    @Test
    void eventsAndCommandsKeepWhatHasNoColumnInExtra() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish(
                    topic("t"),
                    "{\"event\":\"evt\",\"event_type\":\"door\",\"ts\":1770602938,\"reason_code\":7,\"open\":true}",
                    Map.of("username", "alice", "client_id", "client-1"));
            publisher.publish(topic("t"), "{\"event\":\"cmd\",\"type\":\"reboot\",\"ts\":\"2026-02-09T02:08:59Z\"}");
            assertThat(Counts.afterAtLeast(2, msgstore).stored()).isEqualTo(2);
        }
        List<Map<String, Object>> rows = rows("select extract(epoch from ts)::bigint as ts, event_type, client_id,"
                + " username, reason_code, extra::text as extra from client_cmd_events order by ts");
        assertThat(rows)
                .extracting(row -> new ArrayList<>(row.values()).toString())
                .containsExactly(
                        "[1770602938, door, client-1, alice, 7, {\"open\": true}]",
                        "[1770602939, reboot, null, null, null, null]");
    }

    @Test
    void anEnvelopeOfAnotherCollectorIsTakenAsItIs() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish(
                    topic("collector"),
                    "{\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"devices/alice/up\",\"payload\":"
                            + "{\"event\":\"evt\",\"type\":\"door\"},\"qos\":1,\"retain\":false,"
                            + "\"client_id\":\"client-1\",\"username\":\"alice\",\"peer\":\"192.168.1.10:52344\","
                            + "\"protocol\":\"MQTT/3.1.1\",\"trace_id\":\"1234\"}");
            assertThat(Counts.afterAtLeast(1, msgstore).stored()).isOne();
        }
        Map<String, Object> row = rows("select ts, event_type, client_id, username, peer, protocol, extra"
                        + " from client_cmd_events")
                .get(0);
        assertThat(((Timestamp) row.get("ts")).toInstant())
                .isEqualTo(OffsetDateTime.parse("2026-01-23T17:00:00.123Z").toInstant());
        assertThat(row)
                .containsEntry("event_type", "door")
                .containsEntry("client_id", "client-1")
                .containsEntry("username", "alice")
                .containsEntry("peer", "192.168.1.10:52344")
                .containsEntry("protocol", "MQTT/3.1.1")
                .containsEntry("extra", null);
    }

    @Test
    void withoutNotifyNobodyIsNotified() throws Exception {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Connection listener = SERVERS.postgres().connect();
                Statement listen = listener.createStatement()) {
            listen.execute("listen msgstore");
            SERVERS.load().messages(100).run();
            Counts.afterAtLeast(100, msgstore);
            listen.execute("notify msgstore, 'the last one'");
            assertThat(StoreSettingsIT.notifications(listener, 1)).containsExactly("the last one");
        }
    }

    private static String topic(String device) {
        return "devices/" + device + "/up";
    }

    private static String gps(String terminal, String ts, int latitude) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal + "\",\"ts\":" + ts + ",\"latitude\":" + latitude
                + ",\"longitude\":13.4}";
    }

    private static long lastLatitude() {
        return SERVERS.postgres().query("select latitude from gps_position_last");
    }

    private static List<Map<String, Object>> rows(String sql) {
        return SERVERS.postgres().rows(sql);
    }
}
