/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;
import io.msgstore.support.TestMosquitto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/** Commands, options and exit codes: 0 fine, 1 something to put right, 2 usage. One of each code is that of a process. */
class CommandLineIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String SECRET = "s3cret-of-mine";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void helpAndVersionArePrinted() {
        try (MsgstoreProcess help = plain().arguments("--help").start();
                MsgstoreProcess version = plain().arguments("--version").start()) {
            assertThat(help.awaitExit()).isZero();
            assertThat(help.output()).contains("Usage: java -jar msgstore.jar", "--check", "--config FILE");
            assertThat(version.awaitExit()).isZero();
            assertThat(version.output()).matches("msgstore \\d+\\.\\d+\\.\\d+.*");
        }
    }

    @Test
    void healthAsksTheOneThatRunsHere() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            assertThat(health(msgstore.httpPort(), 0)).contains("ready");
            SERVERS.postgres().stop();
            msgstore.awaitNotReady();
            assertThat(health(msgstore.httpPort(), 1)).contains("not ready", "/observe/health/ready says 503");
            msgstore.close();
            assertThat(health(msgstore.httpPort(), 1)).contains("not ready: nothing answers at port");
        }
    }

    @Test
    void healthAsksWithUserAndPassword() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.http.host", "0.0.0.0")
                .set("msgstore.http.username", "probe")
                .environment("MSGSTORE_HTTP_PASSWORD", SECRET)
                .startAndAwaitReady()) {
            assertThat(health(msgstore.httpPort(), 0)).isEqualToIgnoringNewLines("ready");
            assertThat(health(
                            plain().set("msgstore.http.port", msgstore.httpPort())
                                    .environment("MSGSTORE_HTTP_USERNAME", "probe")
                                    .environment("MSGSTORE_HTTP_PASSWORD", "wr0ng-guess-of-mine"),
                            1))
                    .contains("not ready: ", "/observe/health/ready says 401");
        }
    }

    @Test
    void healthAsksWhetherItIsAliveWhereReadinessIsBehindTokens() throws Exception {
        byte[] key = KeyPairGenerator.getInstance("RSA")
                .generateKeyPair()
                .getPublic()
                .getEncoded();
        Files.writeString(
                SERVERS.folder().resolve("issuer.pem"),
                "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(key)
                        + "\n-----END PUBLIC KEY-----\n");
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.http.host", "0.0.0.0")
                .set("msgstore.http.jwt-key", "issuer.pem")
                .start()) {
            msgstore.awaitLine("Ready", Duration.ofSeconds(60));
            assertThat(health(tokens(msgstore), 0)).startsWith("alive (readiness is behind tokens: ");
            msgstore.close();
            assertThat(health(tokens(msgstore), 1)).startsWith("not alive: nothing answers at port");
        }
    }

    private static MsgstoreProcess.Builder tokens(MsgstoreProcess msgstore) {
        return plain().set("msgstore.http.port", msgstore.httpPort())
                .environment("MSGSTORE_HTTP_JWT_KEY", "issuer.pem");
    }

    // bound to every address, as in a container
    private static String health(int port, int exitCode) {
        return health(
                plain().set("msgstore.http.port", port)
                        .environment("MSGSTORE_HTTP_USERNAME", "probe")
                        .environment("MSGSTORE_HTTP_PASSWORD", SECRET),
                exitCode);
    }

    private static String health(MsgstoreProcess.Builder settings, int exitCode) {
        try (MsgstoreProcess health = settings.environment("MSGSTORE_HTTP_HOST", "0.0.0.0")
                .arguments("--health")
                .start()) {
            assertThat(health.awaitExit()).isEqualTo(exitCode);
            return health.output();
        }
    }

    @Test
    void theFlowIsPrintedWithoutBrokerAndDatabase() {
        MsgstoreProcess.Builder nobody = MsgstoreProcess.in(SERVERS.folder())
                .set("msgstore.mqtt.url", "tcp://127.0.0.1:1")
                .set("msgstore.dsn", "postgres://127.0.0.1:1/db");
        try (MsgstoreProcess text = nobody.arguments("--print-routes").start()) {
            assertThat(text.awaitExit()).as(text.output()).isZero();
            assertThat(text.output())
                    .startsWith("intake\n  intake-mqtt\n")
                    .contains("event is gps → direct:store-gps")
                    .doesNotContain("WARN", "ERROR");
        }
    }

    @Test
    void anArgumentThatIsNotKnownIsAMistakeOfUsage() {
        try (MsgstoreProcess unknown = plain().arguments("--demmo").start();
                MsgstoreProcess lacking = plain().arguments("--config").start()) {
            assertThat(unknown.awaitExit()).isEqualTo(2);
            assertThat(unknown.output()).contains("--demmo", "--help");
            assertThat(lacking.awaitExit()).isEqualTo(2);
            assertThat(lacking.output()).contains("--config needs a file");
        }
    }

    @Test
    void propertiesBehindTheJarAreTakenAsThoseBeforeIt() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .arguments("-Dmsgstore.queue-size=123", "-Dmsgstore.workers=2")
                .startAndAwaitReady()) {
            assertThat(msgstore.metric("msgstore_queue_capacity")).isEqualTo(123);
            assertThat(msgstore.output()).contains("msgstore.workers = 2  (-Dmsgstore.workers)");
        }
        try (MsgstoreProcess misspelt =
                plain().arguments("--check", "-Dmsgstore.wokers=2").start()) {
            assertThat(misspelt.awaitExit()).isEqualTo(1);
            assertThat(misspelt.output())
                    .contains("msgstore.wokers (-Dmsgstore.wokers)", "did you mean msgstore.workers?");
        }
    }

    @Test
    void aJarWithoutKafkaStartsAndSaysWhatItLacks() throws IOException {
        Path jar = withoutKafka();
        try (MsgstoreProcess memory =
                        SERVERS.msgstore().jar(jar).arguments("--check").start();
                MsgstoreProcess kafka = SERVERS.msgstore()
                        .jar(jar)
                        .set("msgstore.queue", "kafka")
                        .arguments("--check")
                        .start()) {
            assertThat(memory.awaitExit()).as(memory.output()).isZero();
            assertThat(kafka.awaitExit()).isOne();
            assertThat(kafka.output())
                    .contains("msgstore: msgstore.queue=kafka: this jar was built without Kafka's client;"
                            + " set msgstore.queue")
                    .doesNotContain("Exception");
        }
    }

    // as -Dkafka-parts.scope=provided makes it
    private static Path withoutKafka() throws IOException {
        Path jar = Files.copy(MsgstoreProcess.jar(), SERVERS.folder().resolve("without-kafka.jar"));
        // what stays is taken over as it is, and so is not compressed anew
        try (FileSystem files = FileSystems.newFileSystem(jar)) {
            Folders.delete(files.getPath("org/apache/kafka"));
            Folders.delete(files.getPath("org/apache/camel/component/kafka"));
        }
        return jar;
    }

    @Test
    void anHttpPortThatIsTakenStopsTheStart() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .asProcess()
                        .set("msgstore.http.port", taken.getLocalPort())
                        .start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output())
                    .contains("msgstore: msgstore.http.port=" + taken.getLocalPort()
                            + ": another program listens on it (127.0.0.1); set another port, or 0 for any free one")
                    .doesNotContain("Ready", "Exception");
        }
    }

    @Test
    void checkFindsAnHttpPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(check(SERVERS.msgstore().set("msgstore.http.port", taken.getLocalPort()), 1))
                    .containsPattern("FAILED +http +msgstore.http.port=" + taken.getLocalPort()
                            + ": another program listens on it");
        }
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            assertThat(check(SERVERS.msgstore().set("msgstore.http.port", msgstore.httpPort()), 0))
                    .containsPattern("WARN +http +a msgstore that runs here has port " + msgstore.httpPort());
        }
    }

    @Test
    void checkFindsAPeerThatIsNoBroker() {
        String database = "tcp://127.0.0.1:" + SERVERS.postgres().port();
        assertThat(check(SERVERS.msgstore().set("msgstore.mqtt.url", database), 1))
                .containsPattern("FAILED +broker +" + database + ": it closed the connection without an answer: .*"
                        + "be no MQTT broker")
                .doesNotContain("Exception");
    }

    @Test
    void checkWarnsOfABrokerThatGrantsLess() {
        assumeThat(TestMosquitto.isInstalled())
                .as("Mosquitto is not installed here")
                .isTrue();
        try (TestMosquitto mosquitto = TestMosquitto.with("max_qos 0")) {
            assertThat(check(SERVERS.msgstore().set("msgstore.mqtt.url", mosquitto.url()), 0))
                    .containsPattern("ok +broker +" + mosquitto.url() + " accepts us")
                    .containsPattern(
                            "WARN +broker +the broker grants QoS 0 at most: it keeps nothing while msgstore is away");
        }
    }

    @Test
    void aParameterThatTheDriverDoesNotKnowStopsTheStart() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.dsn", SERVERS.postgres().jdbcUrl() + "&sslMode=verify-full")
                .arguments("--check")
                .start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output())
                    .contains("msgstore.dsn=", "\"sslMode\" is no parameter of PostgreSQL's driver", "write sslmode")
                    .doesNotContain("Exception");
        }
    }

    @Test
    void hostNamesMayHaveAnUnderscore() throws IOException {
        Path hosts =
                Files.writeString(SERVERS.folder().resolve("hosts"), "127.0.0.1 localhost my_broker my_database\n");
        MsgstoreProcess.Builder settings = SERVERS.msgstore()
                .jvmArgument("-Djdk.net.hosts.file=" + hosts)
                .set("msgstore.mqtt.url", "tcp://my_broker:" + SERVERS.broker().port())
                .set("msgstore.dsn", SERVERS.postgres().jdbcUrl().replace("127.0.0.1", "my_database"))
                // published by a client of its own
                .set("msgstore.canary.interval", "1s");
        try (MsgstoreProcess msgstore = settings.startAndAwaitReady()) {
            Awaitility.await("a canary")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_write_ok_total", "event", "canary") > 0);
        }
        try (MsgstoreProcess unknown = settings.set("msgstore.mqtt.url", "tcp://no_broker:1883")
                .arguments("--check")
                .start()) {
            assertThat(unknown.awaitExit()).isEqualTo(1);
            assertThat(unknown.output())
                    .containsPattern(
                            "FAILED +broker +tcp://no_broker:1883: the name of the host is not known: no_broker")
                    .doesNotContain("Exception");
        }
    }

    private static String check(MsgstoreProcess.Builder settings, int exitCode) {
        try (MsgstoreProcess check = settings.arguments("--check").start()) {
            assertThat(check.awaitExit()).as(check.output()).isEqualTo(exitCode);
            return check.output();
        }
    }

    @Test
    void everyMistakeInTheConfigurationGetsALine() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .asProcess()
                .set("msgstore.queue-sise", 5)
                .set("msgstore.workers", 0)
                .set("msgstore.enqueue-mode", "throw-away")
                .start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output())
                    .contains("msgstore.queue-sise")
                    .contains("did you mean msgstore.queue-size?")
                    .contains("msgstore.workers=0")
                    .contains("a whole number from 1 to 256")
                    .contains("msgstore.enqueue-mode=throw-away")
                    .contains("drop or block or disconnect");
        }
    }

    @Test
    void theNamedConfigurationFileIsUsedInsteadOfTheOneInTheFolder() throws IOException {
        Files.writeString(SERVERS.folder().resolve("application.properties"), "msgstore.workers=wrong\n");
        Files.writeString(SERVERS.folder().resolve("mine.properties"), "msgstore.queue-size=123\n");
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().arguments("--config", "mine.properties").startAndAwaitReady()) {
            assertThat(msgstore.metric("msgstore_queue_capacity")).isEqualTo(123);
        }
        try (MsgstoreProcess msgstore = SERVERS.msgstore().start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output()).contains("msgstore.workers=wrong (application.properties)");
        }
    }

    @Test
    void checkSaysThatAllIsInOrder() {
        try (MsgstoreProcess check = SERVERS.msgstore()
                .asProcess()
                .environment("MSGSTORE_MQTT_PASSWORD", SECRET)
                .environment("MSGSTORE_DB_PASSWORD", SECRET)
                .arguments("--check")
                .start()) {
            assertThat(check.awaitExit()).as(check.output()).isZero();
            assertThat(check.output())
                    .containsPattern("ok +configuration")
                    .containsPattern("ok +routes")
                    .containsPattern("ok +database")
                    .containsPattern("ok +broker")
                    .containsPattern("ok +http +port \\d+ is free")
                    .doesNotContain("FAILED", "WARN ", SECRET);
        }
        assertThat(SERVERS.postgres().query("select count(*) from pg_tables where schemaname = 'public'"))
                .as("a check changes nothing")
                .isZero();
    }

    @Test
    void checkFindsADatabaseAndABrokerThatAreAway() {
        try (MsgstoreProcess check = SERVERS.msgstore()
                .asProcess()
                .set("msgstore.dsn", "postgres://me:" + SECRET + "@127.0.0.1:1/db")
                .set("msgstore.mqtt.url", "tcp://127.0.0.1:1")
                .arguments("--check")
                .start()) {
            assertThat(check.awaitExit()).isEqualTo(1);
            assertThat(check.output())
                    .containsPattern("FAILED +database")
                    .containsPattern("FAILED +broker")
                    .doesNotContain(SECRET);
        }
    }

    @Test
    void checkAndStartNameWhatTheDatabaseLacks() {
        // taken as it is, as any table that is there before msgstore
        SERVERS.postgres().execute("""
                create table gps_position_histories (
                    terminal_id varchar(64) not null, gps_time timestamptz not null,
                    latitude numeric(10, 6) not null, longitude numeric(10, 6) not null,
                    latitude_gcj numeric(10, 6), longitude_gcj numeric(10, 6), altitude int, speed numeric(10, 2),
                    direction int, status int, alarm int, extra jsonb, created_at timestamptz not null default now())""");
        String lacks = "gps_position_histories has no unique key over (terminal_id, gps_time); create unique index on"
                + " gps_position_histories (terminal_id, gps_time)";
        assertThat(check(SERVERS.msgstore(), 1))
                .containsPattern("FAILED +database +sql/postgresql/gps_v1/store-gps.sql: " + Pattern.quote(lacks));
        try (MsgstoreProcess msgstore = SERVERS.msgstore().start()) {
            msgstore.awaitLine("Database: sql/postgresql/gps_v1/store-gps.sql: " + lacks, LIMIT);
            msgstore.awaitLine("Ready", LIMIT);
            assertThat(msgstore.readiness()).isEqualTo(503);
            assertThat(msgstore.get("/observe/health").body()).contains("has no unique key");
            assertThat(check(SERVERS.msgstore().set("msgstore.http.port", msgstore.httpPort()), 1))
                    .contains("FAILED", lacks);
            SERVERS.postgres().execute("create unique index on gps_position_histories (terminal_id, gps_time)");
            msgstore.awaitReady();
            msgstore.awaitLine("Database, no longer: ", LIMIT);
            assertThat(check(SERVERS.msgstore().set("msgstore.http.port", msgstore.httpPort()), 0))
                    .containsPattern("ok +database +answers, and takes the statements of the routes");
        }
    }

    @Test
    void checkAndStartNameARoleThatMayNotCreateTheTables() {
        SERVERS.postgres()
                .execute("drop role if exists clerk; create role clerk login; grant usage on schema public to clerk");
        try {
            MsgstoreProcess.Builder clerk = SERVERS.msgstore().set("msgstore.db.username", "clerk");
            String line =
                    "the role clerk may not create tables in the schema public: grant create on schema public to clerk,"
                            + " or run the migrations as another role and set msgstore.db.migrate=false";
            assertThat(check(clerk, 1)).containsPattern("FAILED +database +" + line);
            try (MsgstoreProcess msgstore =
                    SERVERS.msgstore().set("msgstore.db.username", "clerk").start()) {
                assertThat(msgstore.awaitExit()).isEqualTo(1);
                assertThat(msgstore.output()).contains("msgstore: " + line).doesNotContain("Exception");
            }
        } finally {
            SERVERS.postgres().execute("drop owned by clerk; drop role clerk");
        }
    }

    @Test
    void checkFindsADatabaseThatIsReadOnlyAndAPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            assertThat(check(
                            SERVERS.msgstore()
                                    .set(
                                            "msgstore.dsn",
                                            SERVERS.postgres().jdbcUrl()
                                                    + "&options=-c%20default_transaction_read_only=on")
                                    .set("msgstore.mqtt.url", "embedded")
                                    .set("msgstore.embedded.mqtt-port", port),
                            1))
                    .containsPattern("FAILED +database +the database is read-only")
                    .containsPattern("WARN +broker +msgstore.embedded.mqtt-port=" + port
                            + ": another program listens on it; \\d+ is taken instead");
        }
    }

    @Test
    void checkFindsARouteThatIsWrong() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Path file = SERVERS.folder().resolve("routes/store/gps_v1/store-gps.camel.yaml");
        Files.writeString(file, Files.readString(file).replace("batch:gps", "nosuch:gps"));
        try (MsgstoreProcess check = SERVERS.msgstore().arguments("--check").start()) {
            assertThat(check.awaitExit()).isEqualTo(1);
            assertThat(check.output()).contains("nosuch");
        }
    }

    @Test
    void checkAndStartSayWhatToWriteForTheQueueOfOlderRoutes() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Path file = SERVERS.folder().resolve("routes/queue/memory.camel.yaml");
        Files.writeString(file, Files.readString(file).replace("uri: seda:messages", "uri: queue:messages"));
        for (String[] arguments : new String[][] {{"--check"}, {}}) {
            try (MsgstoreProcess msgstore =
                    SERVERS.msgstore().arguments(arguments).start()) {
                assertThat(msgstore.awaitExit()).isEqualTo(1);
                assertThat(msgstore.output())
                        .contains("routes/queue/memory.camel.yaml: queue:messages is seda:messages now, ")
                        .doesNotContain("Exception", " queue/memory.camel.yaml: ");
            }
        }
    }

    @Test
    void sigtermFinishesWhatIsInHandAndExitsWithZero() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .asProcess()
                .set("msgstore.db.username", "postgres")
                .environment("MSGSTORE_DB_PASSWORD", SECRET)
                .environment("MSGSTORE_MQTT_PASSWORD", SECRET)
                .startAndAwaitReady()) {
            SERVERS.load().messages(5000).run();
            assertThat(msgstore.terminate()).isZero();
            assertThat(msgstore.output()).contains("Stopped").doesNotContain(SECRET);
        }
        // what it had not acknowledged comes again
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            Awaitility.await("all stored")
                    .atMost(LIMIT)
                    .until(() -> SERVERS.postgres().query("select count(*) from gps_position_histories") == 5000);
            assertThat(msgstore.isAlive()).isTrue();
        }
    }

    private static MsgstoreProcess.Builder plain() {
        return MsgstoreProcess.in(SERVERS.folder());
    }
}
