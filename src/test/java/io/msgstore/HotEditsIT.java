/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code --dev}: what is saved takes effect, and what is wrong with it is said. */
class HotEditsIT {
    private static final String ROUTE = "routes/store/gps_v1/store-gps.camel.yaml";
    private static final String INTAKE = "routes/intake/mqtt.camel.yaml";
    private static final String FAILURE = "routes/failure/failure.camel.yaml";
    private static final String SQL = "sql/postgresql/gps_v1/store-gps.sql";
    private static final String STORED = "        - process:\n            id: store-gps-stored\n";
    /** Where a fault is said to be: the line that was changed, or where its step begins. */
    private static final String LINE = "line";

    private static final String STEP = "step";
    private static final Duration LIMIT = Duration.ofSeconds(30);
    /** Until an edit takes effect: the quickest of several, as the machine may be busy with other things. */
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @BeforeEach
    void copyTheBundle() {
        Folders.copyOfProject("routes", SERVERS.folder());
        Folders.copyOfProject("sql", SERVERS.folder());
    }

    @Test
    void editsUnderLoadTakeEffectWithinTwoSecondsAndNoMessageIsLostOrStoredTwice() throws Exception {
        List<Duration> took = new ArrayList<>();
        LoadPublisher load = SERVERS.load().messages(40_000).rate(1000);
        try (MsgstoreProcess msgstore = dev();
                LoadPublisher.Running running = load.start()) {
            awaitRows("speed = 42.5");
            for (int speed = 1; speed <= 2; speed++) {
                String edited = "cast(" + speed + " as numeric) as speed, round(p.direction)";
                String rows = "speed = " + speed;
                took.add(effective(SQL, "p.speed, round(p.direction)", edited, () -> rows(rows) > 0));

                String log = step("store-gps-edited", "gps edit " + speed);
                String said = "gps edit " + speed;
                took.add(effective(
                        ROUTE, STORED, log + STORED, () -> msgstore.output().contains(said)));
            }
            String filter = "        - to:\n            id: intake-mqtt-to-filter\n";
            took.add(effective(INTAKE, filter, step("intake-edited", "intake edit") + filter, () -> msgstore.output()
                    .contains("intake edit")));
            // error handling is built into the routes of every file
            took.add(effective(FAILURE, "A bad message is isolated", "One is", () -> msgstore.output()
                    .lines()
                    .anyMatch(line -> line.matches(".*Taken up: " + FAILURE + ", [2-9]\\d routes.*"))));

            assertThat(msgstore.get("/api/v1/accounts").statusCode()).isEqualTo(200);
            assertThat(msgstore.get("/api/v1/dead-letters/1").statusCode()).isEqualTo(404);

            assertThat(running.acknowledged()).as("edits ended under load").isLessThan(40_000);
            running.await(Duration.ofMinutes(2));
            assertThat(Counts.afterAtLeast(40_000, msgstore))
                    .isEqualTo(new Counts(40_000, 40_000, 0, 0, 0, 0, 0, 0, 0));
            assertThat(msgstore.metric("msgstore_mqtt_session_lost_total")).isZero();
        }
        assertThat(rows("true")).isEqualTo(40_000);
        assertThat(Collections.min(took)).as("quickest of %s", took).isLessThan(AT_ONCE);
    }

    @Test
    void aBrokenEditIsSaidWithItsLineAndChangesNothing() throws Exception {
        try (MsgstoreProcess msgstore = dev();
                Publisher publisher = SERVERS.publisher()) {
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
        try (MsgstoreProcess msgstore = dev();
                Publisher publisher = SERVERS.publisher()) {
            edit(ROUTE, "uri: direct:notify\n", "uri: direct:mine\n");
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
        try (MsgstoreProcess msgstore = dev();
                Publisher publisher = SERVERS.publisher()) {
            edit(SQL, "p.speed, round(p.direction)", "p.speed + busy() as speed, round(p.direction)");
            msgstore.awaitLine("Taken up: " + SQL, LIMIT);
            publisher.publish(
                    "devices/t/up",
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000,\"latitude\":1,\"longitude\":2}");
            msgstore.awaitLine("Database does not take batches of gps", LIMIT);

            edit(SQL, "", "");
            Awaitility.await("the row").atMost(LIMIT).until(() -> rows("true") == 1);
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
                    .contains("--dev: there is no folder routes/ here")
                    .doesNotContain("\tat ");
        }
    }

    private static String step(String id, String message) {
        return "        - log:\n            id: " + id + "\n            message: " + message + "\n";
    }

    private static MsgstoreProcess dev() {
        MsgstoreProcess msgstore = SERVERS.msgstore().arguments("--dev").startAndAwaitReady();
        msgstore.awaitLine("what is saved takes effect", LIMIT);
        return msgstore;
    }

    /** Saves the project's file with one change, waits until it shows, and says how long that took. */
    private static Duration effective(String file, String old, String edited, Callable<Boolean> shows)
            throws IOException {
        long start = System.nanoTime();
        edit(file, old, edited);
        Awaitility.await(file + ": " + edited)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(shows);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Saves the project's file with one change, waits until that is refused, and puts the file back. */
    private static void refused(
            MsgstoreProcess msgstore, String file, String old, String edited, String about, String where)
            throws IOException {
        String whole = edit(file, old, edited);
        int at = whole.indexOf(edited);
        int start = where.equals(LINE) ? at : whole.lastIndexOf("\n        - ", at) + 1;
        long line = 1 + whole.substring(0, start).chars().filter(c -> c == '\n').count();
        assertThat(msgstore.awaitLine(about, LIMIT))
                .contains("ERROR", file + ":" + line + ": ")
                .endsWith("; nothing is changed");
        edit(file, "", "");
        Awaitility.await("it is put back").atMost(LIMIT).until(() -> msgstore.output()
                .lines()
                .reduce((first, last) -> last)
                .orElse("")
                .contains(file));
    }

    private static String edit(String file, String old, String edited) throws IOException {
        String text = Files.readString(Path.of(System.getProperty("user.dir")).resolve(file));
        assertThat(text).contains(old);
        String whole = text.replace(old, edited);
        Files.writeString(SERVERS.folder().resolve(file), old.isEmpty() ? text : whole);
        return whole;
    }

    private static void awaitRows(String condition) {
        Awaitility.await(condition).atMost(LIMIT).until(() -> rows(condition) > 0);
    }

    private static long rows(String condition) {
        return SERVERS.postgres().query("select count(*) from gps_position_histories where " + condition);
    }
}
