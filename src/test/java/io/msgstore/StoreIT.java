/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the tables, and on the metrics page, after messages came in. */
class StoreIT {
    private static final int MESSAGES = 30_000;
    private static final int DEVICES = 500;

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void everyMessageIsStoredOnceAndCounted() {
        LoadPublisher load = SERVERS.load().devices(DEVICES).messages(MESSAGES).connections(2);
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
    void copiesOfAMessageInOneBatchAreOneRow() throws Exception {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.batch-size", 200)
                        .set("msgstore.batch-linger-ms", 60_000)
                        .set("msgstore.db-timeout-ms", 60_000)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table gps_position_histories in access exclusive mode");
                // while this one hangs not all is in the open batch, so it is not written before it is full
                publisher.publish(topic("t"), gps("first", "1770000000", 1));
                SERVERS.awaitBlockedStatements(1);
                publisher.publishAll(topic("t"), Collections.nCopies(200, gps("copied", "1770000000", 1)));
                SERVERS.awaitBlockedStatements(2);
            }
            assertThat(Counts.afterAtLeast(201, msgstore))
                    .returns(2L, Counts::stored)
                    .returns(199L, Counts::duplicate);
            assertThat(msgstore.metric("msgstore_batch_size_count")).isEqualTo(2);
            assertThat(msgstore.metric("msgstore_batch_size_max")).isEqualTo(200);
        }
        assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories where terminal_id = 'copied'"))
                .isOne();
    }

    @Test
    void anInfiniteTimeOrPositionIsADeadLetterAndDoesNotHoldTheLastPosition() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
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
    void listenersAreNotifiedOncePerBatch() throws Exception {
        try (MsgstoreProcess msgstore =
                        SERVERS.msgstore().set("msgstore.notify", true).startAndAwaitReady();
                Connection listener = SERVERS.postgres().connect();
                Statement listen = listener.createStatement()) {
            listen.execute("listen msgstore");
            SERVERS.load().devices(10).messages(2000).run();
            Counts.afterAtLeast(2000, msgstore);
            double batches = msgstore.metric("msgstore_batch_size_count");

            assertThat(batches).isBetween(1.0, 1999.0);
            assertThat(notifications(listener, (int) batches))
                    .hasSize((int) batches)
                    .allMatch(text -> text.matches("\\{\"batch\":\"gps\",\"messages\":\\d+}"));
        }
    }

    @Test
    void aMessageThatTakesLongerThanABatchMayIsStoredAllTheSame() {
        try (MsgstoreProcess msgstore =
                        SERVERS.msgstore().set("msgstore.db-timeout-ms", 200).startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres()
                    .execute("create function slow() returns trigger language plpgsql as"
                            + " 'begin perform pg_sleep(1); return new; end';"
                            + " create trigger slow before insert on client_cmd_events for each row"
                            + " when (new.event_type = 'slow') execute function slow()");
            publisher.publishAll(
                    topic("t"),
                    List.of(
                            "{\"event\":\"evt\",\"type\":\"quick\",\"n\":1}",
                            "{\"event\":\"evt\",\"type\":\"slow\"}",
                            "{\"event\":\"evt\",\"type\":\"quick\",\"n\":2}"));
            assertThat(Counts.afterAtLeast(3, msgstore)).isEqualTo(new Counts(3, 3, 0, 0, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void withoutNotifyNobodyIsNotified() throws Exception {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Connection listener = SERVERS.postgres().connect();
                Statement listen = listener.createStatement()) {
            listen.execute("listen msgstore");
            SERVERS.load().messages(100).run();
            Counts.afterAtLeast(100, msgstore);
            listen.execute("notify msgstore, 'the last one'");
            assertThat(notifications(listener, 1)).containsExactly("the last one");
        }
    }

    @Test
    void rowsStayStoredWhenTheNotificationFails() throws Exception {
        Folders.copyOfProject("sql", SERVERS.folder());
        Files.writeString(
                SERVERS.folder().resolve("sql/postgresql/gps_v1/notify.sql"),
                "select no_such_function(cast(:#notification as text))");
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.notify", true).startAndAwaitReady()) {
            SERVERS.load().messages(1000).run();
            assertThat(Counts.afterAtLeast(1000, msgstore)).isEqualTo(new Counts(1000, 1000, 0, 0, 0, 0, 0, 0, 0));
            assertThat(msgstore.output()).contains("not notified", "no_such_function");
        }
        assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories"))
                .isEqualTo(1000);
    }

    private static List<String> notifications(Connection listener, int atLeast) throws Exception {
        List<String> texts = new ArrayList<>();
        long end = System.nanoTime() + 20_000_000_000L;
        while (texts.size() < atLeast && System.nanoTime() < end) {
            for (PGNotification notification :
                    listener.unwrap(PGConnection.class).getNotifications(500)) {
                texts.add(notification.getParameter());
            }
        }
        PGNotification[] more = listener.unwrap(PGConnection.class).getNotifications(300);
        for (PGNotification notification : more) {
            texts.add(notification.getParameter());
        }
        return texts;
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
