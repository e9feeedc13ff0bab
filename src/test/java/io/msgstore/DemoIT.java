/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** The first minutes with msgstore: the demo, and a start before broker and database are there. */
class DemoIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final Pattern STORED = Pattern.compile("received [\\d,]+ +stored ([\\d,]+)");
    private static final Pattern BROKER = Pattern.compile("tcp://[\\w.:]+");
    private static final Pattern DATABASE = Pattern.compile("psql postgresql://(\\w+)@([\\w.:]+/\\w+)");

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @TempDir
    private Path folder;

    @Test
    void theDemoStoresAndStopsOnCtrlCAndGoesOnWithItsData() throws Exception {
        assumeFalse(interruptIsIgnored(), "in the background of a shell that lets its jobs ignore SIGINT");
        long stored;
        try (MsgstoreProcess demo =
                MsgstoreProcess.in(folder).arguments("--demo").start()) {
            awaitStored(demo, 100);
            ProcessHandle server = databaseServer();
            assertThat(server.isAlive()).isTrue();
            stored = rows(demo);
            assertThat(stored).isGreaterThan(50);

            demo.signal("INT");
            assertThat(demo.awaitExit()).isZero();
            assertThat(folder.resolve("data/postgresql/postmaster.pid")).doesNotExist();
            Awaitility.await("the end of the database server").atMost(LIMIT).until(() -> !server.isAlive());
        }
        try (MsgstoreProcess demo =
                MsgstoreProcess.in(folder).arguments("--demo").start()) {
            awaitStored(demo, 10);
            assertThat(rows(demo)).isGreaterThan(stored);
            assertThat(demo.terminate()).isZero();
        }
    }

    @Test
    void aStopWhileItsServersStartLeavesNothingRunning() throws Exception {
        try (MsgstoreProcess demo =
                MsgstoreProcess.in(folder).arguments("--demo").start()) {
            demo.awaitLine("Starting PostgreSQL", LIMIT);
            assertThat(demo.terminate()).isZero();
            assertThat(demo.output()).doesNotContain("ERROR", "can't start", "\tat ");
            assertThat(folder.resolve("data/postgresql/postmaster.pid")).doesNotExist();
        }
    }

    @Test
    void aSecondCtrlCEndsTheDemoAtOnceAndLosesNothing() throws Exception {
        assumeFalse(interruptIsIgnored(), "in the background of a shell that lets its jobs ignore SIGINT");
        int messages = 50;
        String stored;
        try (MsgstoreProcess demo = MsgstoreProcess.in(folder)
                .set("msgstore.db-timeout-ms", 60_000)
                .arguments("--demo")
                .start()) {
            awaitStored(demo, 20);
            ProcessHandle server = databaseServer();
            try (Connection lock = database(demo);
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table gps_position_histories in access exclusive mode");
                stored = rowsAndTheLastOnesTime(statement);
                Matcher broker = BROKER.matcher(demo.awaitLine("publish ", LIMIT));
                assertThat(broker.find()).isTrue();
                LoadPublisher.to(broker.group()).messages(messages).run();
                demo.signal("INT");
                demo.awaitLine("Stopping", LIMIT);
                demo.signal("INT");
                assertThat(demo.awaitExit()).isEqualTo(130);
                assertThat(demo.output()).doesNotContain("Stopped after");
                Awaitility.await("the end of the database server").until(() -> !server.isAlive());
            }
        }
        try (MsgstoreProcess demo =
                MsgstoreProcess.in(folder).arguments("--demo").start()) {
            awaitStored(demo, 10);
            Awaitility.await("what was on the way")
                    .atMost(LIMIT)
                    .until(() -> count(demo, "where terminal_id like 'load-%'") == messages);
            String[] countAndTime = stored.split(" ", 2);
            assertThat(count(demo, "where created_at <= '" + countAndTime[1] + "'"))
                    .as("rows that were committed before")
                    .isGreaterThanOrEqualTo(Long.parseLong(countAndTime[0]))
                    .isPositive();
        }
    }

    @Test
    void theDemoFindsOtherPortsWhereItsOwnAreTaken() throws Exception {
        List<ServerSocket> taken = new ArrayList<>();
        try {
            for (int port : List.of(1883, 5432, 8080)) {
                try {
                    taken.add(new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")));
                } catch (IOException e) {
                    // somebody else has it: just as well
                }
            }
            try (MsgstoreProcess demo = MsgstoreProcess.in(folder)
                    .set("msgstore.http.port", 8080)
                    .arguments("--demo")
                    .start()) {
                awaitStored(demo, 10);
                assertThat(demo.awaitLine("publish ", LIMIT)).doesNotContain(":1883 ");
                assertThat(demo.awaitLine("query ", LIMIT)).doesNotContain(":5432/");
                assertThat(demo.awaitLine("metrics ", LIMIT)).doesNotContain(":8080/");
                assertThat(demo.terminate()).isZero();
            }
        } finally {
            for (ServerSocket socket : taken) {
                socket.close();
            }
        }
    }

    @Test
    void brokerAndDatabaseThatAreAwayAtTheStartAreWaitedFor() {
        SERVERS.broker().stop();
        SERVERS.postgres().stop();
        try (MsgstoreProcess msgstore = SERVERS.msgstore().start()) {
            msgstore.awaitNotReady();
            assertThat(msgstore.get("/observe/health").body()).contains("DOWN");
            Awaitility.await("liveness without broker and database")
                    .atMost(LIMIT)
                    .until(() -> msgstore.get("/observe/health/live").statusCode() == 200);
            SERVERS.postgres().start();
            msgstore.awaitLine("can't connect to", LIMIT);
            assertThat(msgstore.readiness()).isEqualTo(503);
            SERVERS.broker().start();
            msgstore.awaitReady();
            SERVERS.load().messages(100).run();
            Awaitility.await("all stored")
                    .atMost(LIMIT)
                    .until(() -> SERVERS.postgres().query("select count(*) from gps_position_histories") == 100);
        }
    }

    private static void awaitStored(MsgstoreProcess demo, int atLeast) {
        Awaitility.await("%d rows in the line of progress".formatted(atLeast))
                .atMost(LIMIT)
                .until(() -> {
                    Matcher line = STORED.matcher(demo.output());
                    int stored = 0;
                    while (line.find()) {
                        stored = Integer.parseInt(line.group(1).replace(",", ""));
                    }
                    return stored >= atLeast;
                });
    }

    // now() is when the transaction began: rows may have come since, until it got the lock
    private static String rowsAndTheLastOnesTime(Statement statement) throws SQLException {
        try (ResultSet result =
                statement.executeQuery("select count(*) || ' ' || max(created_at) from gps_position_histories")) {
            result.next();
            return result.getString(1);
        }
    }

    private static long rows(MsgstoreProcess demo) throws Exception {
        return count(demo, "");
    }

    private static long count(MsgstoreProcess demo, String where) throws Exception {
        try (Connection connection = database(demo);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select count(*) from gps_position_histories " + where)) {
            result.next();
            return result.getLong(1);
        }
    }

    private static Connection database(MsgstoreProcess demo) throws Exception {
        Matcher query = DATABASE.matcher(demo.awaitLine("query ", LIMIT));
        assertThat(query.find()).isTrue();
        return DriverManager.getConnection("jdbc:postgresql://" + query.group(2), query.group(1), "");
    }

    /** It is no child of msgstore: it detaches itself. */
    private ProcessHandle databaseServer() throws IOException {
        Path pidFile = folder.resolve("data/postgresql/postmaster.pid");
        return ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(pidFile).get(0).strip()))
                .orElseThrow();
    }

    private static boolean interruptIsIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }
}
