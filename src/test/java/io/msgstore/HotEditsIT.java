/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Counts;
import io.msgstore.support.Edits;
import io.msgstore.support.Folders;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static io.msgstore.support.Edits.LIMIT;
import static io.msgstore.support.Edits.ROUTE;
import static io.msgstore.support.Edits.SPEED;
import static io.msgstore.support.Edits.SQL;
import static io.msgstore.support.Edits.STORED;
import static io.msgstore.support.Edits.lines;
import static io.msgstore.support.Edits.speed;
import static io.msgstore.support.Edits.step;
import static org.assertj.core.api.Assertions.assertThat;

/** {@code --dev}: what is saved takes effect, and what is wrong with it is said. */
class HotEditsIT {
    private static final String INTAKE = "routes/intake/mqtt.camel.yaml";
    private static final String FAILURE = "routes/failure/failure.camel.yaml";
    /** Where a fault is said to be: the line that was changed, or where its step begins. */
    private static final String LINE = "line";

    private static final String STEP = "step";
    /** More than are sent: the load goes on until the edits are done. */
    private static final int ENOUGH = 1_000_000;

    private static final int EDITS_OF_A_KIND = 3;
    /** Rows that show that messages are stored: more than what could be in flight already. */
    private static final int MORE = 1_500;

    private static final String GPS =
            "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000,\"latitude\":1,\"longitude\":2,\"speed\":42.5}";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    private static final Edits EDITS = new Edits(SERVERS);

    @BeforeEach
    void copyTheBundle() {
        EDITS.copyTheBundle();
    }

    @Test
    void editsUnderLoadTakeEffectAndNoMessageIsLostOrStoredTwice() throws Exception {
        LoadPublisher load = SERVERS.load().messages(ENOUGH).rate(400);
        try (MsgstoreProcess msgstore = EDITS.dev();
                LoadPublisher.Running running = load.start()) {
            EDITS.awaitRows("speed = 42.5");
            for (int number = 1; number <= EDITS_OF_A_KIND; number++) {
                String rows = "speed = " + number;
                EDITS.effective(SQL, SPEED, speed(number), () -> EDITS.rows(rows) > 0);

                String said = "gps edit " + number;
                EDITS.effective(
                        ROUTE, STORED, step("store-gps-edited", said) + STORED, () -> lines(msgstore, said) > 0);
            }
            String filter = "        - to:\n            id: intake-mqtt-to-filter\n";
            EDITS.effective(
                    INTAKE,
                    filter,
                    step("intake-edited", "intake edit") + filter,
                    () -> lines(msgstore, "intake edit") > 0);
            // error handling is built into the routes of every file
            EDITS.effective(FAILURE, "A bad message is isolated", "One is", () -> msgstore.output()
                    .lines()
                    .anyMatch(line -> line.matches(".*Taken up: " + FAILURE + ", [2-9]\\d routes.*")));

            // and so are its beans
            EDITS.edit(FAILURE, "maximumRedeliveries: -1", "maximumRetries: -1");
            msgstore.awaitLine("maximumRetries", LIMIT);
            EDITS.effective(
                    FAILURE,
                    "maximumRedeliveries: 0",
                    "maximumRedeliveries: 1",
                    () -> lines(msgstore, "Taken up: " + FAILURE) == 2);

            // each was made as soon as the routes were empty
            assertThat(msgstore.output()).doesNotContain("messages in flight are not done");
            assertThat(msgstore.get("/api/v1/accounts").statusCode()).isEqualTo(200);
            assertThat(msgstore.get("/api/v1/dead-letters/1").statusCode()).isEqualTo(404);

            endAndExpectEachMessageStoredOnce(running, msgstore);
        }
    }

    @Test
    void whileABrokenFileStandsUnderLoadTheOldRouteGoesOnAndNoMessageIsLostOrStoredTwice() throws Exception {
        LoadPublisher load = SERVERS.load().messages(ENOUGH).rate(1000);
        try (MsgstoreProcess msgstore = EDITS.dev();
                LoadPublisher.Running running = load.start()) {
            EDITS.awaitRows("speed = 42.5");
            msgstore.forgetOutput();
            refused(
                    msgstore,
                    ROUTE,
                    "        - process:\n",
                    "        - procss:\n",
                    "Unknown node id: procss",
                    LINE,
                    HotEditsIT::awaitMoreRows);
            refused(
                    msgstore,
                    SQL,
                    "history as (\n",
                    "history as as (\n",
                    "syntax error",
                    LINE,
                    HotEditsIT::awaitMoreRows);
            // and the mended file can be edited on
            EDITS.effective(SQL, SPEED, speed(1), () -> EDITS.rows("speed = 1") > 0);

            endAndExpectEachMessageStoredOnce(running, msgstore);
            assertThat(msgstore.metric("msgstore_retry_total")).isZero();
            assertThat(msgstore.output()).doesNotContain("\tat ");
        }
    }

    @Test
    void withoutDevNothingIsWatched() throws Exception {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.topics", "devices/#")
                        .startAndAwaitReady();
                // on the same files: when it has seen two edits, the other one would have seen the first
                MsgstoreProcess watching = SERVERS.msgstore()
                        .set("msgstore.mqtt.client-id", "watching")
                        .set("msgstore.mqtt.topics", "elsewhere/#")
                        .arguments("--dev")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            watching.awaitLine("what is saved takes effect", LIMIT);
            EDITS.edit(SQL, SPEED, speed(1));
            watching.awaitLine("Taken up: " + SQL, LIMIT);
            EDITS.edit(ROUTE, "        - process:\n", "        - procss:\n");
            watching.awaitLine("Unknown node id: procss", LIMIT);

            publisher.publish("devices/t/up", GPS);
            assertThat(Counts.afterAtLeast(1, msgstore).stored()).isEqualTo(1);
            assertThat(EDITS.rows("speed = 42.5")).isEqualTo(1);
            assertThat(msgstore.output()).doesNotContain("HotEdits", SQL, ROUTE);
        }
    }

    @Test
    void aBrokenEditIsSaidWithItsLineAndChangesNothing() throws Exception {
        try (MsgstoreProcess msgstore = EDITS.dev();
                Publisher publisher = SERVERS.publisher()) {
            msgstore.forgetOutput();
            refused(msgstore, ROUTE, "        - process:\n", "        - procss:\n", "Unknown node id: procss", LINE);
            refused(msgstore, ROUTE, "ref: stored\n", "ref: nosuch\n", "for: nosuch", STEP);
            refused(msgstore, ROUTE, "uri: direct:notify\n", "uri: direct:nobody\n", "from direct:nobody", STEP);
            refused(msgstore, ROUTE, "uri: direct:notify\n", "uri: nosuch:notify\n", "nosuch:", STEP);
            refused(msgstore, ROUTE, "id: store-gps-notify\n", "id: a: b\n", "mapping values are not allowed", LINE);
            refused(msgstore, ROUTE, "id: store-gps-stored\n", "id: store-gps-sql\n", "store-gps-sql", STEP);
            refused(
                    msgstore,
                    SQL,
                    "from message\n    order by terminal_id, gps",
                    "from mesage\n    order by terminal_id, gps",
                    "\"mesage\"",
                    LINE);
            refused(msgstore, SQL, "history as (\n", "history as as (\n", "syntax error", LINE);
            publisher.publish(
                    "devices/t/up",
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000," + "\"latitude\":1,\"longitude\":2}");
            assertThat(Counts.afterAtLeast(1, msgstore)).isEqualTo(new Counts(1, 1, 0, 0, 0, 0, 0, 0, 0));
            assertThat(msgstore.output()).doesNotContain("\tat ");
        }
    }

    @Test
    void anEditThatIsMendedANewFileAndAnotherThatItNeedsAreTakenUp() throws Exception {
        try (MsgstoreProcess msgstore = EDITS.dev();
                Publisher publisher = SERVERS.publisher()) {
            EDITS.edit(ROUTE, "uri: direct:notify\n", "uri: direct:mine\n");
            msgstore.awaitLine("no route starts from direct:mine", LIMIT);
            Files.writeString(SERVERS.folder().resolve("routes/store/gps_v1/mine.camel.yaml"), """
                    - route:
                        id: store-mine
                        description: Says that it was here
                        group: store
                        routeConfigurationId: callers-failure
                        from:
                          id: store-mine-from
                          uri: direct:mine
                          steps:
                            - log:
                                id: store-mine-log
                                message: "a batch of mine"
                    """);
            msgstore.awaitLine("Taken up: routes/store/gps_v1/mine.camel.yaml, " + ROUTE, LIMIT);
            publisher.publish(
                    "devices/t/up",
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000," + "\"latitude\":1,\"longitude\":2}");
            msgstore.awaitLine("a batch of mine", LIMIT);
            Counts.afterAtLeast(1, msgstore);

            Files.delete(SERVERS.folder().resolve("routes/store/gps_v1/mine.camel.yaml"));
            msgstore.awaitLine("routes/store/gps_v1/mine.camel.yaml is gone", LIMIT);
            publisher.publish(
                    "devices/t/up",
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000001," + "\"latitude\":1,\"longitude\":2}");
            assertThat(Counts.afterAtLeast(2, msgstore).stored()).isEqualTo(2);
        }
    }

    @Test
    void aStatementThatFailsOnlyWhenItRunsCanBeMendedWhileItsMessagesAreHeld() throws Exception {
        SERVERS.postgres()
                .execute("create function busy() returns numeric language plpgsql as"
                        + " 'begin raise exception using errcode = ''53000''; end'");
        try (MsgstoreProcess msgstore = EDITS.dev();
                Publisher publisher = SERVERS.publisher()) {
            EDITS.edit(SQL, SPEED, "cast(p.speed + busy() as");
            msgstore.awaitLine("Taken up: " + SQL, LIMIT);
            publisher.publish(
                    "devices/t/up",
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000,\"latitude\":1,\"longitude\":2}");
            msgstore.awaitLine("Database does not take batches of gps", LIMIT);

            EDITS.edit(SQL, "", "");
            Awaitility.await("the row").atMost(LIMIT).until(() -> EDITS.rows("true") == 1);
            assertThat(msgstore.metric("msgstore_unaccounted")).isZero();
            assertThat(msgstore.metric("msgstore_in_flight")).isZero();
            assertThat(msgstore.metric("msgstore_dead_total")).isZero();
        }
    }

    @Test
    void routesOfTheJarCannotBeEdited() {
        Folders.delete(SERVERS.folder().resolve("routes"));
        try (MsgstoreProcess msgstore = SERVERS.msgstore().arguments("--dev").start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output())
                    .contains("--dev: no route comes from a folder routes/ here")
                    .doesNotContain("\tat ");
        }
    }

    /** Ends the load, which nothing else ends, and counts what became of it. */
    private static void endAndExpectEachMessageStoredOnce(LoadPublisher.Running load, MsgstoreProcess msgstore) {
        load.finish();
        load.await(Duration.ofMinutes(5));
        long sent = load.published();
        assertThat(Counts.afterAtLeast(sent, msgstore)).isEqualTo(new Counts(sent, sent, 0, 0, 0, 0, 0, 0, 0));
        assertThat(msgstore.metric("msgstore_mqtt_session_lost_total")).isZero();
        assertThat(EDITS.rows("true")).isEqualTo(sent);
    }

    private static void refused(
            MsgstoreProcess msgstore, String file, String old, String edited, String about, String where)
            throws IOException {
        refused(msgstore, file, old, edited, about, where, () -> {});
    }

    /** Saves the project's file with one change, waits until that is refused, looks, and puts the file back. */
    private static void refused(
            MsgstoreProcess msgstore,
            String file,
            String old,
            String edited,
            String about,
            String where,
            Runnable whileItStands)
            throws IOException {
        String whole = EDITS.edit(file, old, edited);
        int at = whole.indexOf(edited);
        int start = where.equals(LINE) ? at : whole.lastIndexOf("\n        - ", at) + 1;
        long line = 1 + whole.substring(0, start).chars().filter(c -> c == '\n').count();
        assertThat(msgstore.awaitLine(about, LIMIT))
                .contains("ERROR", file + ":" + line + ": ")
                .endsWith("; nothing is changed");
        whileItStands.run();
        String back = file.equals(SQL) ? "Taken up: " + file : file + ": as it is running";
        long before = lines(msgstore, back);
        EDITS.edit(file, "", "");
        Awaitility.await(back).atMost(LIMIT).until(() -> lines(msgstore, back) == before + 1);
    }

    private static void awaitMoreRows() {
        long before = EDITS.rows("true");
        Awaitility.await("more rows").atMost(LIMIT).until(() -> EDITS.rows("true") >= before + MORE);
    }
}
