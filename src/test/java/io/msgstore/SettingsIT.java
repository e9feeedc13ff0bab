/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.devices.mqtt.Broker;
import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The effect of the settings that no other test is about.
 *
 * <table>
 * <caption>Where a key's effect is shown; without a class: here</caption>
 * <tr><td>mqtt.url, dsn</td><td>everywhere; failover: severalConsumersTryTheNextBrokerAndGetEachMessageOnce</td></tr>
 * <tr><td>mqtt.topics, mqtt.qos</td><td>subscribesAsItIsTold</td></tr>
 * <tr><td>mqtt.client-id, mqtt.session-expiry</td><td>theClientIdNamesASessionThatExpires, topicsTakenOutOfASessionAreUnsubscribedFrom; FaultsIT</td></tr>
 * <tr><td>mqtt.username, mqtt.password</td><td>asksTheBrokerWithUserAndPassword</td></tr>
 * <tr><td>mqtt.tls.*</td><td>trustsAndIsTrustedByTheBroker</td></tr>
 * <tr><td>mqtt.consumers</td><td>severalConsumersTryTheNextBrokerAndGetEachMessageOnce</td></tr>
 * <tr><td>mqtt.share-group</td><td>instancesOfAShareGroupShareTheMessages</td></tr>
 * <tr><td>mqtt.receive-maximum</td><td>theBrokerSendsNoMoreThanTheReceiveMaximum; QueueModesIT</td></tr>
 * <tr><td>canary.*</td><td>CanaryIT</td></tr>
 * <tr><td>ack</td><td>acknowledgedOnEnqueueIsLostInACrash; on-commit: FaultsIT</td></tr>
 * <tr><td>include-*, exclude-*</td><td>FiltersIT</td></tr>
 * <tr><td>max-payload-bytes</td><td>timesAndPayloadsAreReadAndLimitedAsItIsTold</td></tr>
 * <tr><td>max-in-flight-bytes</td><td>LargePayloadsIT</td></tr>
 * <tr><td>queue, write-mode</td><td>aQueueAndAWriteModeOfTheUsersOwn</td></tr>
 * <tr><td>queue-size, enqueue-mode, enqueue-wait-ms, on-outage, dead-letter.dir</td><td>QueueModesIT</td></tr>
 * <tr><td>workers, batch-size, db.pool-size</td><td>workersBatchesAndConnectionsAreLimited</td></tr>
 * <tr><td>batch-linger-ms</td><td>anOpenBatchWaitsForItsLinger; BatchComponentTest</td></tr>
 * <tr><td>db.username, db.password</td><td>logsInAtTheDatabaseWithUserAndPassword</td></tr>
 * <tr><td>db.migrate</td><td>withoutMigrationNoTableIsMade</td></tr>
 * <tr><td>db-timeout-ms, retry-*</td><td>aStatementThatTakesTooLongIsTriedAgain</td></tr>
 * <tr><td>time-zone, time.max-future</td><td>timesAndPayloadsAreReadAndLimitedAsItIsTold; SchemaIT</td></tr>
 * <tr><td>notify</td><td>StoreSettingsIT</td></tr>
 * <tr><td>unknown-event</td><td>NewEventTypeIT</td></tr>
 * <tr><td>debug</td><td>timesAndPayloadsAreReadAndLimitedAsItIsTold, topicsTakenOutOfASessionAreUnsubscribedFrom</td></tr>
 * <tr><td>stop-timeout</td><td>StopIT</td></tr>
 * <tr><td>http.port, http.host</td><td>listensOnlyOnItsHost</td></tr>
 * <tr><td>http.username, http.password, http.jwt-*</td><td>AccessIT</td></tr>
 * <tr><td>console</td><td>ConsoleIT</td></tr>
 * <tr><td>tracing</td><td>TracingIT</td></tr>
 * <tr><td>embedded.*-port, data-dir</td><td>embeddedPartsUseTheirPortsAndTheDataFolder, topicsTakenOutOfASessionAreUnsubscribedFrom; DemoIT</td></tr>
 * </table>
 */
class SettingsIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String GPS_TABLE = "lock table gps_position_histories in access exclusive mode";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void subscribesAsItIsTold() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.topics", "a/+,b")
                        .set("msgstore.mqtt.qos", 0)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            List.of("a/1", "c", "a/1/2", "b").forEach(topic -> publisher.publish(topic, "{\"event\":\"x\"}"));
            assertThat(Counts.afterAtLeast(2, msgstore).received()).isEqualTo(2);
        }
        assertThat(SERVERS.postgres().rows("select topic, envelope ->> 'qos' as qos from dead_letters order by topic"))
                .containsExactly(Map.of("topic", "a/1", "qos", "0"), Map.of("topic", "b", "qos", "0"));
    }

    @Test
    void topicsTakenOutOfASessionAreUnsubscribedFrom() {
        MsgstoreProcess.Builder settings = SERVERS.msgstore();
        settings.set("msgstore.mqtt.topics", "a/#,b/#").startAndAwaitReady().close();
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publish("a/x", gps("meanwhile"));
        }
        try (MsgstoreProcess msgstore =
                        settings.set("msgstore.mqtt.topics", "a/#").startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            msgstore.awaitLine("unsubscribed from b/#", LIMIT);
            Counts.afterAtLeast(1, msgstore);
            publisher.publish("b/x", gps("b"));
            publisher.publish("a/x", gps("a"));
            assertThat(Counts.afterAtLeast(2, msgstore).received()).isEqualTo(2);
            assertThat(msgstore.metric("msgstore_mqtt_session_lost_total")).isZero();
            assertThat(msgstore.output())
                    .contains("'" + SERVERS.clientId() + "'", "session resumed")
                    .doesNotContain("meanwhile");
        }
        assertThat(SERVERS.postgres().rows("select terminal_id from gps_position_histories order by terminal_id"))
                .containsExactly(Map.of("terminal_id", "a"), Map.of("terminal_id", "meanwhile"));
        assertThat(SERVERS.folder().resolve("data/mqtt/" + SERVERS.clientId() + ".filters"))
                .hasContent("a/#");
    }

    @Test
    void theClientIdNamesASessionThatExpires() {
        MsgstoreProcess.Builder forgetful = SERVERS.msgstore()
                .asProcess()
                .set("msgstore.mqtt.client-id", "forgetful")
                .set("msgstore.mqtt.session-expiry", "1s");
        forgetful.startAndAwaitReady().close();
        Awaitility.await("the end of the session")
                // for longer than the session is kept, or each look would prolong it
                .pollDelay(Duration.ofSeconds(2))
                .pollInterval(Duration.ofSeconds(2))
                .atMost(LIMIT)
                .until(() -> {
                    try (MsgstoreProcess msgstore = forgetful.startAndAwaitReady()) {
                        return msgstore.output().contains("session new")
                                && msgstore.metric("msgstore_mqtt_session_lost_total") == 1;
                    }
                });
    }

    @Test
    void asksTheBrokerWithUserAndPassword() {
        try (Broker broker = new Broker(SERVERS.folder().resolve("broker")).start()) {
            broker.password("another");
            MsgstoreProcess.Builder settings =
                    SERVERS.msgstore().set("msgstore.mqtt.url", broker.url()).set("msgstore.mqtt.username", "store");
            try (MsgstoreProcess msgstore = settings.environment("MSGSTORE_MQTT_PASSWORD", "s3cret-broker")
                    .start()) {
                msgstore.awaitLine("trying again", LIMIT);
                assertThat(msgstore.readiness()).isEqualTo(503);
                assertThat(msgstore.metric("msgstore_mqtt_connected")).isZero();
                broker.password("s3cret-broker");
                msgstore.awaitReady();
                assertThat(msgstore.metric("msgstore_mqtt_connected")).isOne();
                assertThat(msgstore.output()).doesNotContain("s3cret");
            }
        }
    }

    @Test
    void trustsAndIsTrustedByTheBroker() throws Exception {
        Path folder = SERVERS.folder();
        for (String side : List.of("broker", "client")) {
            keytool(
                    "-genkeypair",
                    "-alias",
                    side,
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=" + side,
                    "-ext",
                    "san=ip:127.0.0.1",
                    "-keystore",
                    side + ".p12");
            keytool("-exportcert", "-rfc", "-alias", side, "-keystore", side + ".p12", "-file", side + ".pem");
            keytool(
                    "-importcert",
                    "-noprompt",
                    "-alias",
                    side,
                    "-keystore",
                    side + "-trust.p12",
                    "-file",
                    side + ".pem");
        }
        String tls = "&sslEnabled=true&keyStoreType=PKCS12&keyStorePassword=changeit&keyStorePath="
                + folder.resolve("broker.p12")
                + "&needClientAuth=true&trustStoreType=PKCS12&trustStorePassword=changeit"
                + "&trustStorePath=" + folder.resolve("client-trust.p12");
        try (Broker broker = new Broker(folder.resolve("broker"), tls).start()) {
            MsgstoreProcess.Builder settings =
                    SERVERS.msgstore().set("msgstore.mqtt.url", "ssl://127.0.0.1:" + broker.port);
            try (MsgstoreProcess msgstore = settings.set("msgstore.mqtt.tls.truststore", "client-trust.p12")
                    .set("msgstore.mqtt.tls.truststore-password", "changeit")
                    .start()) {
                msgstore.awaitLine("trying again", LIMIT);
            }
            try (MsgstoreProcess msgstore = settings.set("msgstore.mqtt.tls.truststore", "broker-trust.p12")
                    .set("msgstore.mqtt.tls.keystore", "client.p12")
                    .set("msgstore.mqtt.tls.keystore-password", "changeit")
                    .startAndAwaitReady()) {
                assertThat(msgstore.metric("msgstore_mqtt_connected")).isOne();
                assertThat(msgstore.output()).doesNotContain("changeit");
            }
        }
    }

    @Test
    void severalConsumersTryTheNextBrokerAndGetEachMessageOnce() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set(
                        "msgstore.mqtt.url",
                        "tcp://127.0.0.1:1," + SERVERS.broker().url())
                .set("msgstore.mqtt.consumers", 3)
                .startAndAwaitReady()) {
            assertThat(msgstore.metric("msgstore_mqtt_connected")).isEqualTo(3);
            SERVERS.load().messages(2000).run();
            assertThat(Counts.afterAtLeast(2000, msgstore)).isEqualTo(new Counts(2000, 2000, 0, 0, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void instancesOfAShareGroupShareTheMessages() {
        MsgstoreProcess.Builder settings = SERVERS.msgstore().set("msgstore.mqtt.share-group", "writers");
        try (MsgstoreProcess one = settings.startAndAwaitReady();
                MsgstoreProcess two = SERVERS.msgstore()
                        .set("msgstore.mqtt.share-group", "writers")
                        .set("msgstore.mqtt.client-id", SERVERS.clientId() + "-two")
                        .startAndAwaitReady()) {
            SERVERS.load().messages(2000).run();
            Awaitility.await("all stored").atMost(LIMIT).until(() -> stored() == 2000);
            long ofOne = Counts.afterAtLeast(1, one).stored();
            long ofTwo = Counts.afterAtLeast(1, two).stored();
            assertThat(ofOne + ofTwo).isEqualTo(2000);
            assertThat(ofOne).isBetween(1L, 1999L);
        }
    }

    @Test
    void theBrokerSendsNoMoreThanTheReceiveMaximum() throws Exception {
        try (MsgstoreProcess msgstore =
                held().set("msgstore.mqtt.receive-maximum", 10).startAndAwaitReady()) {
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute(GPS_TABLE);
                SERVERS.load().messages(500).run();
                Awaitility.await("a full window")
                        .atMost(LIMIT)
                        .during(Duration.ofMillis(500))
                        .until(() -> msgstore.metric("msgstore_received_total") == 10);
            }
            assertThat(Counts.afterAtLeast(500, msgstore).stored()).isEqualTo(500);
        }
    }

    @Test
    void acknowledgedOnEnqueueIsLostInACrash() throws Exception {
        MsgstoreProcess.Builder settings = held().asProcess().set("msgstore.ack", "on-enqueue");
        try (MsgstoreProcess msgstore = settings.startAndAwaitReady();
                Connection lock = SERVERS.postgres().connect();
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute(GPS_TABLE);
            SERVERS.load().messages(500).run();
            Awaitility.await("all received")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_received_total") == 500);
            msgstore.kill9();
            // or the server would go on with what the killed process asked for
            SERVERS.postgres()
                    .execute("select pg_terminate_backend(pid) from pg_stat_activity"
                            + " where application_name = 'msgstore'");
        }
        try (MsgstoreProcess msgstore = settings.startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("t", gps("after"));
            Counts.afterAtLeast(1, msgstore);
        }
        assertThat(stored()).isLessThan(501);
    }

    @Test
    void aQueueAndAWriteModeOfTheUsersOwn() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Folders.copyOfProject("sql", SERVERS.folder());
        Path routes = SERVERS.folder().resolve("routes");
        Files.move(routes.resolve("queue/memory.camel.yaml"), routes.resolve("queue/mine.camel.yaml"));
        Files.move(routes.resolve("store/gps_v1"), routes.resolve("store/mine_v1"));
        Path sql = SERVERS.folder().resolve("sql/postgresql");
        Files.move(sql.resolve("gps_v1"), sql.resolve("mine_v1"));
        Path statement = sql.resolve("mine_v1/store-gps.sql");
        Files.writeString(
                statement,
                Files.readString(statement)
                        .replace("select p.terminal_id,", "select upper(p.terminal_id) as terminal_id,"));
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.queue", "mine")
                        .set("msgstore.write-mode", "mine_v1")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("t", gps("abc"));
            Counts.afterAtLeast(1, msgstore);
        }
        assertThat(SERVERS.postgres().rows("select terminal_id from gps_position_histories"))
                .containsExactly(Map.of("terminal_id", "ABC"));
    }

    @Test
    void workersBatchesAndConnectionsAreLimited() throws Exception {
        try (MsgstoreProcess msgstore = held().set("msgstore.workers", 3)
                .set("msgstore.batch-size", 10)
                .set("msgstore.db.pool-size", 2)
                .startAndAwaitReady()) {
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute(GPS_TABLE);
                SERVERS.load().messages(500).run();
                SERVERS.awaitBlockedStatements(2);
                Awaitility.await("workers that wait")
                        .atMost(LIMIT)
                        .during(Duration.ofMillis(500))
                        // a batch for each worker and one by the linger, and at most one is open; two have the size,
                        // the others may have twice that
                        .until(() -> msgstore.metric("msgstore_queue_len") >= 500 - (2 + 3 * 2) * 10);
                assertThat(SERVERS.postgres()
                                .query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                        + " and application_name = 'msgstore'"))
                        .isEqualTo(2);
            }
            assertThat(Counts.afterAtLeast(500, msgstore).stored()).isEqualTo(500);
            assertThat(msgstore.metric("msgstore_batch_size_max")).isBetween(10.0, 20.0);
        }
    }

    @Test
    void anOpenBatchWaitsForItsLinger() throws Exception {
        MsgstoreProcess.Builder settings = held();
        for (int linger : List.of(60_000, 20)) {
            try (MsgstoreProcess msgstore =
                            settings.set("msgstore.batch-linger-ms", linger).startAndAwaitReady();
                    Publisher publisher = SERVERS.publisher()) {
                try (Connection lock = SERVERS.postgres().connect();
                        Statement statement = lock.createStatement()) {
                    lock.setAutoCommit(false);
                    statement.execute("lock table client_cmd_events in access exclusive mode");
                    // while this one hangs not all that is in flight is in the batch of positions
                    publisher.publish("t", "{\"event\":\"cmd\",\"linger\":" + linger + "}");
                    SERVERS.awaitBlockedStatements(1);
                    publisher.publish("t", gps("linger-" + linger));
                    if (linger == 20) {
                        Awaitility.await("the batch of one").atMost(LIMIT).until(() -> stored() == 2);
                    } else {
                        Awaitility.await("an open batch")
                                .atMost(LIMIT)
                                .during(Duration.ofSeconds(1))
                                .until(() -> stored() == 0 && msgstore.metric("msgstore_in_flight") == 2);
                    }
                }
                Counts.afterAtLeast(2, msgstore);
            }
        }
    }

    @Test
    void logsInAtTheDatabaseWithUserAndPassword() throws IOException {
        Path access = SERVERS.folder().resolve("pg_hba.conf");
        Files.writeString(access, "host all writer 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
        try (TestPostgres postgres = TestPostgres.running(Map.of("hba_file", access.toString()))) {
            postgres.execute("create role writer login superuser password 'another'");
            MsgstoreProcess.Builder settings =
                    SERVERS.msgstore().set("msgstore.dsn", postgres.jdbcUrl()).set("msgstore.db.username", "writer");
            try (MsgstoreProcess msgstore = settings.environment("MSGSTORE_DB_PASSWORD", "s3cret-writer")
                    .start()) {
                msgstore.awaitLine("password authentication failed", LIMIT);
                postgres.execute("alter role writer password 's3cret-writer'");
                msgstore.awaitReady();
                assertThat(postgres.query("select count(*) from pg_stat_activity where usename = 'writer'"))
                        .isPositive();
                assertThat(msgstore.output()).doesNotContain("s3cret");
            }
        }
    }

    @Test
    void withoutMigrationNoTableIsMade() {
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.db.migrate", false).start()) {
            msgstore.awaitLine("Ready", LIMIT);
            assertThat(SERVERS.postgres().query("select count(*) from pg_tables where schemaname = 'public'"))
                    .isZero();
        }
    }

    @Test
    void timesAndPayloadsAreReadAndLimitedAsItIsTold() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.debug", true)
                        .set("msgstore.max-payload-bytes", 200)
                        .set("msgstore.time-zone", "Asia/Shanghai")
                        .set("msgstore.time.max-future", "3h")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("t", gps("local").replace("1770602938", "\"2026-02-09T10:08:58\""));
            Instant later = Instant.now().plus(Duration.ofHours(4));
            publisher.publish("t", gps("later").replace("1770602938", "\"" + later + "\""));
            publisher.publish("t", "{\"event\":\"evt\",\"ts\":\"2026-02-09T10:08:58\"}");
            String fits = gps("secret-whereabouts");
            publisher.publish("t", fits + " ".repeat(200 - fits.length()));
            publisher.publish("t", fits + " ".repeat(201 - fits.length()));
            assertThat(Counts.afterAtLeast(5, msgstore).stored()).isEqualTo(3);
            assertThat(msgstore.output()).as("with debug=true").contains("secret-whereabouts");
            assertThat(msgstore.metric("msgstore_dead_total", "reason", "too-large"))
                    .isOne();
            assertThat(SERVERS.postgres()
                            .query(
                                    "select count(*) from gps_position_last, client_cmd_events where terminal_id = 'local'"
                                            + " and gps_time = to_timestamp(1770602938) and ts = gps_time"))
                    .isOne();
            assertThat(SERVERS.postgres()
                            .rows("select reason, error like '%is more than 3h ahead%' as says from dead_letters"
                                    + " where reason <> 'too-large'"))
                    .containsExactly(Map.of("reason", "bad-data", "says", true));
        }
    }

    @Test
    void aStatementThatTakesTooLongIsTriedAgain() throws Exception {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.db-timeout-ms", 100)
                .set("msgstore.retry-max", 2)
                .set("msgstore.retry-backoff-ms", 10)
                .set("msgstore.retry-backoff-max-ms", 20)
                .set("msgstore.on-outage", "dead-letter")
                .startAndAwaitReady()) {
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement();
                    Publisher publisher = SERVERS.publisher()) {
                lock.setAutoCommit(false);
                statement.execute(GPS_TABLE);
                publisher.publish("t", gps("t"));
                Counts.afterAtLeast(1, msgstore);
            }
            assertThat(msgstore.metric("msgstore_write_fail_total", "kind", "timeout"))
                    .isEqualTo(3);
            assertThat(msgstore.metric("msgstore_retry_total")).isEqualTo(2);
            assertThat(SERVERS.postgres().rows("select reason, attempts, sqlstate from dead_letters"))
                    .containsExactly(Map.of("reason", "outage", "attempts", 3, "sqlstate", "57014"));
        }
    }

    @Test
    void listensOnlyOnItsHost() {
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.http.host", "127.0.0.2").start()) {
            msgstore.awaitLine("HTTP at http://127.0.0.2:" + msgstore.httpPort(), LIMIT);
            assertThat(msgstore.readiness()).isEqualTo(-1);
        }
    }

    @Test
    void embeddedPartsUseTheirPortsAndTheDataFolder() {
        int port = Broker.freePort();
        try (MsgstoreProcess msgstore = MsgstoreProcess.in(SERVERS.folder())
                .set("msgstore.embedded.mqtt-port", port)
                .set("msgstore.embedded.postgres-port", 0)
                .set("msgstore.data-dir", "data/of-mine")
                .startAndAwaitReady()) {
            try (Publisher publisher = Publisher.to("tcp://127.0.0.1:" + port)) {
                publisher.publish("t", gps("t"));
            }
            assertThat(Counts.afterAtLeast(1, msgstore).stored()).isOne();
            assertThat(SERVERS.folder().resolve("data/of-mine/postgresql")).isNotEmptyDirectory();
            assertThat(SERVERS.folder().resolve("data/of-mine/broker")).isNotEmptyDirectory();
            assertThat(msgstore.terminate()).isZero();
        }
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        Collections.addAll(command, arguments);
        Collections.addAll(command, "-storepass", "changeit", "-storetype", "PKCS12");
        Process process = new ProcessBuilder(command)
                .directory(SERVERS.folder().toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static MsgstoreProcess.Builder held() {
        return SERVERS.msgstore().set("msgstore.db-timeout-ms", 60_000);
    }

    private static String gps(String terminal) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal
                + "\",\"ts\":1770602938,\"latitude\":1,\"longitude\":2}";
    }

    private static long stored() {
        return SERVERS.postgres().query("select count(*) from gps_position_histories");
    }
}
