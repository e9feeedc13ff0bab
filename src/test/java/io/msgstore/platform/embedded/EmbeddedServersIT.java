/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.ChildJvm;
import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.ServersMain;
import io.msgstore.support.TestBroker;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

class EmbeddedServersIT {
    private static final Duration START_LIMIT = Limits.LIMIT;
    private static final Duration DELIVERY_LIMIT = Limits.LIMIT;

    private final Path folder = Folders.temporary("embedded");

    @AfterEach
    void deleteFolder() {
        Folders.delete(folder);
    }

    @Test
    void rowsLastOverARestart() throws Exception {
        try (EmbeddedPostgres first = postgres(0)) {
            execute(first.jdbcUrl(), "CREATE TABLE t (i int); INSERT INTO t VALUES (42)");
        }
        try (EmbeddedPostgres second = postgres(0)) {
            assertThat(number(second.jdbcUrl(), "SELECT i FROM t")).isEqualTo(42);
        }
    }

    @Test
    void commitsAreSynced() throws Exception {
        try (EmbeddedPostgres server = postgres(0)) {
            assertThat(
                            number(
                                    server.jdbcUrl(),
                                    "SELECT count(*) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'on'"))
                    .isEqualTo(2);
        }
    }

    @Test
    void closeEndsTheServer() {
        EmbeddedPostgres postgres = postgres(0);
        EmbeddedBroker broker = EmbeddedBroker.start(folder, 0);
        ProcessHandle process = ProcessHandle.of(postgres.pid()).orElseThrow();
        broker.close();
        postgres.close();
        assertThat(isRunning(process.pid())).isFalse();
        postgres.close();
        broker.close();
    }

    @Test
    void rowsAndMessagesLastOverAKilledProcess() throws Exception {
        long orphan;
        try (ChildJvm process = servers()) {
            process.awaitLine("started", START_LIMIT);
            execute(value(process, "jdbc "), "CREATE TABLE t (i int); INSERT INTO t VALUES (42)");
            subscribe(value(process, "mqtt ")).disconnect();
            LoadPublisher.to(value(process, "mqtt ")).messages(200).run();
            orphan = Long.parseLong(value(process, "postgres "));
            process.kill9();
        }
        assertThat(isRunning(orphan)).isTrue();
        try (EmbeddedPostgres postgres = postgres(0);
                EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
            assertThat(isRunning(orphan)).isFalse();
            assertThat(number(postgres.jdbcUrl(), "SELECT i FROM t")).isEqualTo(42);
            Subscriber subscriber = subscribe(broker.url());
            await().atMost(DELIVERY_LIMIT)
                    .untilAsserted(() -> assertThat(subscriber.distinct()).isEqualTo(200));
            subscriber.disconnect();
        }
    }

    @Test
    void sigtermLeavesNoServerBehind() {
        try (ChildJvm process = servers()) {
            process.awaitLine("started", START_LIMIT);
            long postgres = Long.parseLong(value(process, "postgres "));
            process.terminate();
            assertThat(isRunning(postgres)).isFalse();
        }
    }

    @Test
    void rowsLastOverAKilledServer() {
        try (TestPostgres server = TestPostgres.running()) {
            server.execute("CREATE TABLE t (i int); INSERT INTO t VALUES (42)");
            int port = server.port();
            server.kill9();
            server.start();
            assertThat(server.port()).isEqualTo(port);
            assertThat(server.query("SELECT i FROM t")).isEqualTo(42);
            assertThat(server.rows("SELECT i, 'x' AS name FROM t")).containsExactly(Map.of("i", 42, "name", "x"));
        }
    }

    @Test
    void aServerWithAnOpenTransactionStartsAgainAfterAKill() throws Exception {
        try (TestPostgres server = TestPostgres.running();
                Connection client = server.connect()) {
            client.setAutoCommit(false);
            try (Statement statement = client.createStatement()) {
                statement.execute("CREATE TABLE t (i int)");
                server.kill9();
            }
            server.start();
            assertThat(server.query("SELECT count(*) FROM pg_tables WHERE tablename = 't'"))
                    .isZero();
        }
    }

    @Test
    void takesTheNextPortWhereThePreferredOneIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                EmbeddedPostgres postgres = postgres(taken.getLocalPort());
                EmbeddedBroker broker = EmbeddedBroker.start(folder, taken.getLocalPort())) {
            assertThat(postgres.port()).isGreaterThan(taken.getLocalPort());
            assertThat(broker.port()).isGreaterThan(postgres.port());
        }
    }

    @Test
    void saysThatTheFolderIsInUse() {
        try (EmbeddedPostgres postgres = postgres(0);
                EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
            assertThatThrownBy(() -> postgres(0))
                    .isInstanceOf(EmbeddedException.class)
                    .hasMessageContaining("in use by another msgstore");
            assertThatThrownBy(() -> EmbeddedBroker.start(folder, 0))
                    .isInstanceOf(EmbeddedException.class)
                    .hasMessageContaining("in use by another msgstore");
            try (ChildJvm process = servers()) {
                assertThat(process.awaitExit()).isEqualTo(1);
                assertThat(process.output())
                        .contains("in use by another msgstore (process "
                                + ProcessHandle.current().pid() + ")")
                        .contains("msgstore.data-dir");
            }
            assertThat(postgres.pid()).isPositive();
            assertThat(broker.port()).isPositive();
        }
    }

    @Test
    void saysThatTheDataAreOfAnotherMajorVersion() throws IOException {
        postgres(0).close();
        Files.writeString(folder.resolve("postgresql/PG_VERSION"), "16\n");
        assertThatThrownBy(() -> postgres(0))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining("is of PostgreSQL 16, but the embedded one is 18");
    }

    @Test
    void saysThatTheFolderHoldsSomethingElse() throws IOException {
        Files.createDirectories(folder.resolve("postgresql"));
        Files.writeString(folder.resolve("postgresql/notes.txt"), "mine");
        assertThatThrownBy(() -> postgres(0)).hasMessageContaining("is not a PostgreSQL data folder");
        assertThat(folder.resolve("postgresql/notes.txt")).exists();
    }

    @Test
    void saysWhyTheServerDoesNotStart() {
        assertThatThrownBy(() -> EmbeddedPostgres.start(
                        folder, 0, Folders.postgresPrograms(), Map.of("shared_buffers", "nonsense")))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining("shared_buffers")
                .hasMessageContaining("postgresql.log");
        postgres(0).close();
    }

    @Test
    void aStaleProcessIdOfAnotherProgramIsNoServer() throws IOException {
        postgres(0).close();
        Files.writeString(
                folder.resolve("postgresql/postmaster.pid"),
                ProcessHandle.current().pid() + "\n" + folder.resolve("postgresql") + "\n1770000000\n5432\n\n\n");
        try (EmbeddedPostgres server = postgres(0)) {
            assertThat(server.pid()).isPositive();
        }
    }

    @Test
    void anInterruptedFirstStartIsRepeated() throws IOException {
        Files.createDirectories(folder.resolve("postgresql-new/base"));
        try (EmbeddedPostgres server = postgres(0)) {
            assertThat(server.pid()).isPositive();
        }
    }

    @Test
    void sessionsLastOverStopAndKillOfTheBroker() throws Exception {
        try (TestBroker broker = TestBroker.running()) {
            subscribe(broker.url()).disconnect();
            LoadPublisher.to(broker.url()).messages(500).prefix("stop").run();
            broker.stop();
            broker.start();
            LoadPublisher.to(broker.url()).messages(500).prefix("kill").run();
            broker.kill9();
            broker.start();
            Subscriber subscriber = subscribe(broker.url());
            await().atMost(DELIVERY_LIMIT)
                    .untilAsserted(() -> assertThat(subscriber.distinct()).isEqualTo(1000));
            subscriber.disconnect();
        }
    }

    @Test
    void aLoadGoesOnOverAKilledBroker() throws Exception {
        try (TestBroker broker = TestBroker.running()) {
            subscribe(broker.url()).disconnect();
            try (LoadPublisher.Running load =
                    LoadPublisher.to(broker.url()).messages(5000).connections(2).start()) {
                await().atMost(DELIVERY_LIMIT).until(() -> load.acknowledged() > 500);
                broker.kill9();
                broker.start();
                load.await(DELIVERY_LIMIT);
            }
            Subscriber subscriber = subscribe(broker.url());
            await().atMost(DELIVERY_LIMIT)
                    .untilAsserted(() -> assertThat(subscriber.distinct()).isEqualTo(5000));
            subscriber.disconnect();
        }
    }

    /** 60 MB for a client that is away, in a broker with a heap of 64 MB. */
    @Test
    void whatAnOutagePilesUpDoesNotFillTheHeap() throws Exception {
        int messages = 30_000;
        try (TestBroker broker = TestBroker.running("64m")) {
            subscribe(broker.url()).disconnect();
            LoadPublisher.to(broker.url()).messages(messages).padding(1800).run();
            Subscriber subscriber = subscribe(broker.url());
            await().atMost(DELIVERY_LIMIT)
                    .untilAsserted(() -> assertThat(subscriber.distinct()).isEqualTo(messages));
            subscriber.disconnect();
        }
    }

    /** Ten is where the broker's default gives a message up. */
    @Test
    void aMessageSurvivesManyDeliveriesWithoutAcknowledgement() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
            subscribe(broker.url()).disconnect();
            LoadPublisher.to(broker.url()).messages(1).run();
            for (int delivery = 1; delivery <= 12; delivery++) {
                Subscriber deaf = new Subscriber(broker.url(), false);
                await().atMost(DELIVERY_LIMIT).until(() -> deaf.distinct() == 1);
                deaf.disconnect();
            }
        }
    }

    private EmbeddedPostgres postgres(int port) {
        return EmbeddedPostgres.start(folder, port, Folders.postgresPrograms(), Map.of());
    }

    private ChildJvm servers() {
        return ChildJvm.ofClassAndJar(
                ServersMain.class,
                List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                List.of(folder.toString()),
                folder.resolve("output-" + System.nanoTime() + ".log"));
    }

    private static String value(ChildJvm process, String name) {
        return process.awaitLine(name, START_LIMIT).substring(name.length());
    }

    /** A dead process whose parent has not collected it yet does not run any more; it has no command line. */
    private static boolean isRunning(long pid) {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .flatMap(process -> process.info().command())
                .isPresent();
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    private static Subscriber subscribe(String url) throws MqttException {
        return new Subscriber(url, true);
    }

    /** An MQTT 5 client with a persistent session. */
    private static final class Subscriber implements MqttCallback {
        private final Set<String> payloads = ConcurrentHashMap.newKeySet();
        private final MqttClient client;

        Subscriber(String url, boolean acknowledges) throws MqttException {
            client = new MqttClient(url, "embedded-servers-it", new MemoryPersistence());
            client.setManualAcks(!acknowledges);
            client.setCallback(this);
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setCleanStart(false);
            options.setSessionExpiryInterval(3600L);
            client.connect(options);
            client.subscribe("devices/#", 1);
        }

        int distinct() {
            return payloads.size();
        }

        void disconnect() throws MqttException {
            client.disconnect();
            client.close();
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            payloads.add(new String(message.getPayload(), StandardCharsets.UTF_8));
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException exception) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
