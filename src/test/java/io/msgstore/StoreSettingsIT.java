/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the tables, and who is told, with other settings than those of {@link StoreIT}. */
class StoreSettingsIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

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

    /** What a listener is told, and what it is told shortly after. */
    static List<String> notifications(Connection listener, int atLeast) throws Exception {
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
}
