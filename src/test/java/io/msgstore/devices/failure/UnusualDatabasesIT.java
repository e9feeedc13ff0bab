/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** As {@link IsolationIT}, where something is other than usual: the rights, the encoding, the functions, a setting. */
class UnusualDatabasesIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void aRowThatAPolicyRefusesIsSetAside() {
        SERVERS.makeTables();
        SERVERS.postgres().execute("""
                drop role if exists tenant;
                create role tenant login;
                grant usage on schema public to tenant;
                grant select, insert, update, delete on all tables in schema public to tenant;
                alter table gps_position_histories enable row level security;
                create policy own on gps_position_histories to tenant using (terminal_id like 'a-%')""");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", SERVERS.postgres().jdbcUrl().replace("user=postgres", "user=tenant"))
                        .set("msgstore.db.migrate", false)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            for (int i = 0; i < 10; i++) {
                publisher.publish("d/a", IsolationIT.gps("a-1", i, 50));
                publisher.publish("d/b", IsolationIT.gps("b-1", i, 50));
            }
            assertThat(Counts.afterAtLeast(20, msgstore))
                    .returns(10L, Counts::stored)
                    .returns(10L, Counts::dead);
        } finally {
            SERVERS.postgres().execute("drop owned by tenant; drop role tenant");
        }
        assertThat(SERVERS.postgres().rows("select distinct reason, sqlstate from dead_letters"))
                .containsExactly(Map.of("reason", "bad-data", "sqlstate", "42501"));
    }

    @Test
    void aRightThatIsMissingForTheTableIsWaitedForFromTheStartOn() {
        SERVERS.makeTables();
        SERVERS.postgres().execute("""
                drop role if exists guest;
                create role guest login;
                grant usage on schema public to guest;
                grant select on all tables in schema public to guest""");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", SERVERS.postgres().jdbcUrl().replace("user=postgres", "user=guest"))
                        .set("msgstore.db.migrate", false)
                        .start();
                Publisher publisher = SERVERS.publisher()) {
            msgstore.awaitLine("subscribed to", Limits.LIMIT);
            publisher.publish("d/a", IsolationIT.gps("a", 0, 50));
            msgstore.awaitLine("permission denied for table gps_position_", Limits.LIMIT);
            SERVERS.postgres().execute("grant insert, update on all tables in schema public to guest");
            assertThat(Counts.afterAtLeast(1, msgstore)).returns(1L, Counts::stored);
        } finally {
            SERVERS.postgres().execute("drop owned by guest; drop role guest");
        }
    }

    @Test
    void givingUpOnAnOutageSetsOnlyTheBadOnesAside() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.on-outage", "dead-letter")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute(IsolationIT.CODE_OF_ITS_OWN.formatted("45000"));
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                messages.add(IsolationIT.gps("t" + i % 50, i, i % 250 == 0 ? 500 : 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(1000, msgstore))
                    .returns(996L, Counts::stored)
                    .returns(4L, Counts::dead);
        }
    }

    @Test
    void aDatabaseWithoutTheFunctionFindsBadMessagesByHalving() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute("drop function msgstore_isolate");
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                messages.add(
                        i == 30
                                ? IsolationIT.gps("t", i, 50).replace("48.2", "\"north\"")
                                : IsolationIT.gps("t", i, 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(100, msgstore)).isEqualTo(new Counts(100, 99, 0, 0, 0, 0, 1, 0, 0));
            msgstore.awaitLine("The database has no function msgstore_isolate", Limits.LIMIT);
        }
    }

    @Test
    void aCharacterThatTheEncodingLacksIsThatMessagesOwn() throws IOException {
        Path spool = Files.createDirectories(SERVERS.folder().resolve("data/dead-letters"));
        String cutOff = spooled("s/cut", "1").substring(0, 100);
        String elsewhere = spooled("s/\u6f22", "2");
        Path file = Files.writeString(
                spool.resolve("dead-letters-20260101-0000.jsonl"),
                "\n" + spooled("s/1", "{\"a\": 1.50}") + "\n\n" + cutOff + "\n"
                        + spooled("s/2", "{\"b\": \"\u6f22\", \"c\" : 1.50}") + "\n" + elsewhere + "\n"
                        + spooled("s/3", "{\"d\":\"\u00fc\"}") + "\n");
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(600)));
        SERVERS.postgres().execute("drop database if exists latin");
        SERVERS.postgres().execute("create database latin encoding 'LATIN1' locale 'C' template template0");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", SERVERS.postgres().jdbcUrl().replace("/msgstore?", "/latin?"))
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                // two in one batch of dead letters, which is halved until each is alone
                messages.add(IsolationIT.gps(i == 30 || i == 60 ? "\u6f22" : "t", i, 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(100, msgstore)).isEqualTo(new Counts(100, 98, 0, 0, 0, 0, 2, 0, 0));
            Awaitility.await("the spool moved").atMost(Limits.LIMIT).until(() -> Files.notExists(file));
            List<String> letters = new ArrayList<>();
            for (JsonNode letter : new ObjectMapper()
                    .readTree(msgstore.get("/api/v1/dead-letters").body())
                    .get("items")) {
                byte[] bytes = letter.path("payload").binaryValue();
                letters.add(letter.get("topic").textValue() + " "
                        + (bytes == null
                                ? letter.get("envelope").get("payload")
                                : new String(bytes, StandardCharsets.UTF_8)));
            }
            assertThat(letters)
                    .contains("s/1 {\"a\":1.5}", "s/2 {\"b\": \"\u6f22\", \"c\" : 1.50}", "s/3 {\"d\":\"\u00fc\"}")
                    .hasSize(5);
            assertThat(Files.readAllLines(spool.resolve("refused").resolve(file.getFileName())))
                    .filteredOn(line -> !line.isEmpty())
                    .containsExactly(cutOff, elsewhere);
        } finally {
            SERVERS.postgres().execute("drop database latin with (force)");
        }
    }

    private static String spooled(String topic, String payload) {
        return "{\"message_key\":\"" + topic.length() + payload.hashCode()
                + "\",\"message_hash\":\"0\",\"redelivered\":false,\"failed_at\":\"2026-01-01T00:00:00Z\","
                + "\"received_at\":\"2026-01-01T00:00:00Z\",\"reason\":\"outage\",\"error\":null,\"sqlstate\":null,"
                + "\"attempts\":1,\"topic\":\"" + topic + "\",\"event\":null,\"trace_id\":\"t\",\"envelope\":"
                + "{\"ts\":\"2026-01-01T00:00:00Z\",\"topic\":\"" + topic + "\",\"payload\":" + payload
                + ",\"qos\":1}}";
    }

    @Test
    void aBatchWhoseIsolationTakesTooLongIsHalved() throws Exception {
        SERVERS.makeTables();
        // an isolation that has stored 60 rows hangs
        SERVERS.postgres().execute("""
                create sequence hung;
                create function hang() returns trigger language plpgsql as $$
                declare
                    stored int := coalesce(nullif(current_setting('test.stored', true), ''), '0');
                begin
                    if current_query() like '%msgstore_isolate%' then
                        if stored >= 60 then
                            perform nextval('hung'), pg_sleep(3600);
                        end if;
                        perform set_config('test.stored', (stored + 1)::text, true);
                    end if;
                    return new;
                end $$;
                create trigger hang before insert on gps_position_histories for each row execute function hang()""");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.db-timeout-ms", 5_000)
                        .set("msgstore.batch-linger-ms", 60_000)
                        .set("msgstore.batch-size", 100)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table client_cmd_events in access exclusive mode");
                // while this one hangs not all that is in flight is in the batch of positions
                publisher.publish("d/a", "{\"event\":\"cmd\"}");
                SERVERS.awaitBlockedStatements(1);
                List<String> messages = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    messages.add(IsolationIT.gps("t", i, i == 30 ? 1_000_000_000 : 50));
                }
                publisher.publishAll("d/a", messages);
                Awaitility.await("a batch that is full")
                        .atMost(Limits.LIMIT)
                        .until(() -> msgstore.metric("msgstore_write_fail_total", "kind", "data") > 0);
            }
            Counts.afterAtLeast(101, msgstore);
            assertThat(Counts.afterAtLeast(101, msgstore)).isEqualTo(new Counts(101, 100, 0, 0, 0, 0, 1, 0, 0));
        }
        assertThat(SERVERS.postgres().rows("select is_called from hung")).containsExactly(Map.of("is_called", true));
    }

    /** Within an instance they are kept apart; those of another wait, or deadlock and are tried again. */
    @Test
    void instancesThatIsolateBesideEachOthersStatementsLoseNothing() {
        SERVERS.makeTables();
        SERVERS.postgres().execute(IsolationIT.SLOW);
        try (MsgstoreProcess one = ofTwo(SERVERS.clientId() + "-one");
                MsgstoreProcess two = ofTwo(SERVERS.clientId() + "-two");
                Publisher publisher = SERVERS.publisher()) {
            List<String> messages = new ArrayList<>();
            // the broker gives the messages to one and the other in turns
            for (int i = 0; i < 2_000; i++) {
                messages.add(IsolationIT.gps("t" + i * 7919 % 300, i, i % 99 == 0 ? 1_000_000_000 : 50));
            }
            publisher.publishAll("d/a", messages);
            Awaitility.await("all settled")
                    .atMost(Limits.LIMIT)
                    .until(() -> Counts.of(one).received() + Counts.of(two).received() == 2_000
                            && Counts.of(one).inFlight() + Counts.of(two).inFlight() == 0);
            assertThat(List.of(Counts.of(one), Counts.of(two)))
                    .allSatisfy(counts ->
                            assertThat(counts).returns(0L, Counts::duplicate).returns(0L, Counts::unaccounted))
                    .extracting(Counts::dead)
                    .doesNotContain(0L);
        }
        assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories"))
                .isEqualTo(1_979);
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters where reason = 'bad-data'"))
                .isEqualTo(21);
    }

    private static MsgstoreProcess ofTwo(String clientId) {
        return SERVERS.msgstore()
                .set("msgstore.mqtt.client-id", clientId)
                .set("msgstore.mqtt.share-group", "writers")
                .set("msgstore.db-timeout-ms", 5_000)
                .set("msgstore.batch-size", 50)
                .startAndAwaitReady();
    }

    @Test
    void aBadMessageThatComesByTwoSubscriptionsIsOneDeadLetter() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.topics", "d/+/up,d/1/+,d/1/up,e/#,e/1")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            assertThat(msgstore.output())
                    .contains("Not subscribing to d/1/up, e/1: another filter has all of its topics");
            publisher.publish("e/1", IsolationIT.gps("t", 0, 50));
            publisher.publish("e/1", "no JSON");
            assertThat(Counts.afterAtLeast(2, msgstore)).isEqualTo(new Counts(2, 1, 0, 0, 0, 0, 1, 0, 0));
            publisher.publish("d/1/up", IsolationIT.gps("t", 1, 50));
            publisher.publish("d/1/up", "no JSON");
            publisher.publish("d/1/up", IsolationIT.gps("t", 2, 50).replace("48.2", "148.2"));
            assertThat(Counts.afterAtLeast(8, msgstore)).isEqualTo(new Counts(8, 2, 1, 0, 0, 0, 5, 0, 0));
            // two that were published
            publisher.publish("d/1/up", "no JSON");
            Counts.afterAtLeast(10, msgstore);
        }
        assertThat(
                        SERVERS.postgres()
                                .rows(
                                        "select topic, reason, count(*) as letters from dead_letters group by 1, 2 order by 1, 2"))
                .containsExactly(
                        Map.of("topic", "d/1/up", "reason", "bad-data", "letters", 1L),
                        Map.of("topic", "d/1/up", "reason", "not-json", "letters", 2L),
                        Map.of("topic", "e/1", "reason", "not-json", "letters", 1L));
    }
}
