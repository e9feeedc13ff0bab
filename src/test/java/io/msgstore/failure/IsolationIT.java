/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.failure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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

/** Who is to blame when a statement is refused: a message, which is set aside, or the database, which is waited for. */
class IsolationIT {
    private static final String CODE_OF_ITS_OWN = """
            create function refuse() returns trigger language plpgsql as $$
            begin
                if new.speed > 400 then raise exception 'impossible speed' using errcode = '%s'; end if;
                return new;
            end $$;
            create trigger refuse before insert on gps_position_histories for each row execute function refuse()""";

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void aMessageThatATriggerRefusesWithACodeOfItsOwnIsSetAside() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute(CODE_OF_ITS_OWN.formatted("45000"));
            // alone, and with no message that was stored before
            publisher.publish("d/b", gps("bad", 0, 500));
            Counts.afterAtLeast(1, msgstore);
            int sent = 1;
            for (String state : List.of("45000", "72000", "XX000", "42501", "0L000")) {
                SERVERS.postgres()
                        .execute("drop trigger refuse on gps_position_histories; drop function refuse; "
                                + CODE_OF_ITS_OWN.formatted(state) + "; truncate dead_letters");
                List<String> messages = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                    messages.add(gps("t" + i % 50, sent + i, i % 250 == 0 ? 500 : 50));
                }
                publisher.publishAll("d/a", messages);
                sent += messages.size();
                Counts.afterAtLeast(sent, msgstore);
                assertThat(SERVERS.postgres()
                                .rows("select reason, sqlstate, error, envelope -> 'payload' ->> 'speed' as speed,"
                                        + " count(*) as messages from dead_letters group by 1, 2, 3, 4"))
                        .containsExactly(Map.of(
                                "reason", "bad-data",
                                "sqlstate", state,
                                "error", "ERROR: impossible speed",
                                "speed", "500",
                                "messages", 4L));
            }
            assertThat(Counts.of(msgstore)).returns(5L * 996, Counts::stored).returns(1L + 5 * 4, Counts::dead);
        }
    }

    @Test
    void aRowThatAPolicyRefusesIsSetAside() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            assertThat(msgstore.isAlive()).isTrue();
        }
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
                publisher.publish("d/a", gps("a-1", i, 50));
                publisher.publish("d/b", gps("b-1", i, 50));
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
    void whereNothingGoesThroughTheMessagesWaitAndTheObjectIsNamed() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.retry-backoff-max-ms", 500)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("d/a", gps("a", 0, 50));
            Counts.afterAtLeast(1, msgstore);
            // a trigger that is broken for every row
            SERVERS.postgres().execute(CODE_OF_ITS_OWN.formatted("45000").replace("> 400", "> 0"));
            publisher.publish("d/a", gps("a", 1, 50));
            publisher.publish("d/b", gps("b", 1, 60));
            msgstore.awaitLine("Database does not take batches of gps: ERROR: impossible speed", Limits.LIMIT);
            assertThat(msgstore.awaitNotReady().get("/observe/health").body()).contains("impossible speed");
            SERVERS.postgres().execute("drop trigger refuse on gps_position_histories");
            Counts counts = Counts.afterAtLeast(3, msgstore);
            assertThat(counts).returns(3L, Counts::stored).returns(0L, Counts::dead);

            // the last position, not the history
            SERVERS.postgres().execute("alter table gps_position_last rename to hidden");
            publisher.publish("d/a", gps("a", 2, 50));
            msgstore.awaitLine("relation \"gps_position_last\" does not exist", Limits.LIMIT);
            SERVERS.postgres().execute("alter table hidden rename to gps_position_last");
            assertThat(Counts.afterAtLeast(4, msgstore).stored()).isEqualTo(4);
        }
    }

    @Test
    void aRightThatIsMissingForTheTableIsWaitedForFromTheStartOn() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            assertThat(msgstore.isAlive()).isTrue();
        }
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
            Awaitility.await("subscription").until(() -> msgstore.output().contains("Ready"));
            publisher.publish("d/a", gps("a", 0, 50));
            msgstore.awaitLine("permission denied for table gps_position_", Limits.LIMIT);
            SERVERS.postgres().execute("grant insert, update on all tables in schema public to guest");
            assertThat(Counts.afterAtLeast(1, msgstore)).returns(1L, Counts::stored);
        } finally {
            SERVERS.postgres().execute("drop owned by guest; drop role guest");
        }
    }

    @Test
    void aTableOfDeadLettersThatIsMissingIsSaid() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute("alter table dead_letters rename to hidden");
            publisher.publish("d/a", "no JSON");
            msgstore.awaitLine(
                    "Database does not take batches of dead-letters: ERROR: relation \"dead_letters\"", Limits.LIMIT);
            assertThat(msgstore.awaitNotReady().isAlive()).isTrue();
            SERVERS.postgres().execute("alter table hidden rename to dead_letters");
            assertThat(Counts.afterAtLeast(1, msgstore).dead()).isOne();
        }
    }

    @Test
    void givingUpOnAnOutageSetsOnlyTheBadOnesAside() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.on-outage", "dead-letter")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute(CODE_OF_ITS_OWN.formatted("45000"));
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                messages.add(gps("t" + i % 50, i, i % 250 == 0 ? 500 : 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(1000, msgstore))
                    .returns(996L, Counts::stored)
                    .returns(4L, Counts::dead);
        }
    }

    @Test
    void aRowThatATriggerDropsIsNeitherStoredNorADuplicate() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute("""
                    create function refuse() returns trigger language plpgsql as $$
                    begin
                        if to_jsonb(new) ->> 'terminal_id' = 'dropped' or to_jsonb(new) ->> 'event_type' = 'dropped' then
                            return null;
                        end if;
                        return new;
                    end $$;
                    create trigger refuse before insert on gps_position_histories for each row execute function refuse();
                    create trigger refuse before insert on client_cmd_events for each row execute function refuse()""");
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                messages.add(gps(i == 30 ? "dropped" : "t", i, 50));
            }
            messages.add(gps("t", 7, 50));
            messages.add("{\"event\":\"evt\",\"type\":\"dropped\"}");
            messages.add("{\"event\":\"evt\",\"type\":\"kept\"}");
            messages.add("{\"event\":\"evt\",\"type\":\"kept\"}");
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(104, msgstore)).isEqualTo(new Counts(104, 100, 2, 0, 0, 0, 2, 0, 0));
        }
        assertThat(SERVERS.postgres().rows("select event, reason, error from dead_letters order by event"))
                .containsExactly(
                        Map.of("event", "evt", "reason", "constraint", "error", DROPPED),
                        Map.of("event", "gps", "reason", "constraint", "error", DROPPED));
    }

    private static final String DROPPED =
            "ERROR: the row was neither stored nor found: a trigger or a rule may have dropped it";

    @Test
    void whatIsCheckedAtTheEndOfATransactionIsThatMessagesOwn() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute("""
                    create table known (terminal_id varchar(64) primary key);
                    insert into known values ('t');
                    alter table gps_position_histories add foreign key (terminal_id) references known
                        deferrable initially deferred""");
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                messages.add(gps(i == 30 ? "unknown" : "t", i, 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(100, msgstore)).isEqualTo(new Counts(100, 99, 0, 0, 0, 0, 1, 0, 0));
        }
        assertThat(SERVERS.postgres().rows("select reason, sqlstate from dead_letters"))
                .containsExactly(Map.of("reason", "constraint", "sqlstate", "23503"));
    }

    @Test
    void aDatabaseWithoutTheFunctionFindsBadMessagesByHalving() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres().execute("drop function msgstore_isolate");
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                messages.add(i == 30 ? gps("t", i, 50).replace("48.2", "\"north\"") : gps("t", i, 50));
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
                messages.add(gps(i == 30 ? "\u6f22" : "t", i, 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(100, msgstore)).isEqualTo(new Counts(100, 99, 0, 0, 0, 0, 1, 0, 0));
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
                    .hasSize(4);
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
    void aBadMessageThatComesByTwoSubscriptionsIsOneDeadLetter() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.topics", "d/+/up,d/1/+,d/1/up,e/#,e/1")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            assertThat(msgstore.output())
                    .contains("Not subscribing to d/1/up, e/1: another filter has all of its topics");
            publisher.publish("e/1", gps("t", 0, 50));
            publisher.publish("e/1", "no JSON");
            assertThat(Counts.afterAtLeast(2, msgstore)).isEqualTo(new Counts(2, 1, 0, 0, 0, 0, 1, 0, 0));
            publisher.publish("d/1/up", gps("t", 1, 50));
            publisher.publish("d/1/up", "no JSON");
            publisher.publish("d/1/up", gps("t", 2, 50).replace("48.2", "148.2"));
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

    private static String gps(String terminal, int second, int speed) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal + "\",\"ts\":" + (1_770_000_000 + second)
                + ",\"latitude\":48.2,\"longitude\":16.4,\"speed\":" + speed + "}";
    }
}
