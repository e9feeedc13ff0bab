/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
    static final String CODE_OF_ITS_OWN = """
            create function refuse() returns trigger language plpgsql as $$
            begin
                if new.speed > 400 then raise exception 'impossible speed' using errcode = '%s'; end if;
                return new;
            end $$;
            create trigger refuse before insert on gps_position_histories for each row execute function refuse()""";

    static final String SLOW = """
            create function slow() returns trigger language plpgsql as $$
            begin
                perform pg_sleep(0.001);
                return new;
            end $$;
            create trigger slow before insert on gps_position_last for each row execute function slow()""";

    @RegisterExtension
    static final Servers SERVERS = Servers.sharing(settings -> settings.set("msgstore.db-timeout-ms", 5_000)
                    .set("msgstore.batch-size", 50)
                    .set("msgstore.retry-backoff-max-ms", 500))
            .inThisJvm();

    @Test
    void aMessageThatATriggerRefusesWithACodeOfItsOwnIsSetAside() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
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
    void batchesOfTheSameTerminalsAreIsolatedWithoutADeadlock() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
            // slow, so that two are at it at the same time; a batch in eight is isolated
            SERVERS.postgres().execute(SLOW);
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                messages.add(gps("t" + i * 7919 % 300, i, i % 400 == 0 ? 1_000_000_000 : 50));
            }

            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(2_000, msgstore))
                    .returns(1_995L, Counts::stored)
                    .returns(5L, Counts::dead);
        }
        assertThat(msgstore.output()).doesNotContain("deadlock detected");
    }

    @Test
    void whereNothingGoesThroughTheMessagesWaitAndTheObjectIsNamed() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
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
    void aTableOfDeadLettersThatIsMissingIsSaid() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
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
    void aRowThatATriggerDropsIsNeitherStoredNorADuplicate() {
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
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
        MsgstoreProcess msgstore = SERVERS.shared();
        try (Publisher publisher = SERVERS.publisher()) {
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

    static String gps(String terminal, int second, int speed) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal + "\",\"ts\":" + (1_770_000_000 + second)
                + ",\"latitude\":48.2,\"longitude\":16.4,\"speed\":" + speed + "}";
    }
}
