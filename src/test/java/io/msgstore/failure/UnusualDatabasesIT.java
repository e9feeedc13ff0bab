/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.failure;

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

/** As {@link IsolationIT}, where something is other than usual: the rights, the encoding, the functions, a setting. */
class UnusualDatabasesIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers();

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
    void aCharacterThatTheEncodingLacksIsThatMessagesOwn() {
        SERVERS.postgres().execute("drop database if exists latin");
        SERVERS.postgres().execute("create database latin encoding 'LATIN1' locale 'C' template template0");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.dsn", SERVERS.postgres().jdbcUrl().replace("/msgstore?", "/latin?"))
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                messages.add(IsolationIT.gps(i == 30 ? "\u6f22" : "t", i, 50));
            }
            publisher.publishAll("d/a", messages);
            assertThat(Counts.afterAtLeast(100, msgstore)).isEqualTo(new Counts(100, 99, 0, 0, 0, 0, 1, 0, 0));
        } finally {
            SERVERS.postgres().execute("drop database latin with (force)");
        }
    }
}
