/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.intake.Broker;
import io.msgstore.intake.Tls;
import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the log, and what must never be. */
class LogIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String MQTT = "mqtt-Secret-4711";
    private static final String DATABASE = "db-Secret/4712";
    private static final String TRUST = "trust-Secret-4713";
    private static final String KEYS = "keys-Secret-4714";
    private static final String WRONG = "wrong-Secret-4715";
    private static final int MESSAGES = 8_000;
    private static final int PADDING = 1_200;
    private static final long TEN_MEGABYTES = 10_000_000;

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @TempDir
    Path directory;

    @Test
    void noPasswordIsInTenMegabytesOfDebugLogWithFailedLoginsOutagesAndDeadLetters() throws Exception {
        wantPasswordAtTheDatabase();
        keytool(
                KEYS,
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=server",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                file("server.p12"));
        keytool(KEYS, "-exportcert", "-alias", "server", "-keystore", file("server.p12"), "-file", file("server.crt"));
        keytool(
                TRUST,
                "-importcert",
                "-noprompt",
                "-alias",
                "server",
                "-storetype",
                "PKCS12",
                "-keystore",
                file("trust.p12"),
                "-file",
                file("server.crt"));
        StringBuilder log = new StringBuilder();
        try (Broker broker = new Broker(
                directory.resolve("broker"),
                "&sslEnabled=true&keyStoreType=PKCS12&keyStorePassword=" + KEYS + "&keyStorePath="
                        + file("server.p12"))) {
            broker.password(MQTT);
            broker.start();

            try (MsgstoreProcess refused = secured(broker)
                    .environment("MSGSTORE_MQTT_PASSWORD", WRONG)
                    .set("msgstore.dsn", dsn("keeper:" + WRONG + "@"))
                    .start()) {
                refused.awaitLine("password authentication failed", LIMIT);
                refused.kill9();
                log.append(refused.output());
            }
            try (MsgstoreProcess refused = secured(broker)
                    .environment("MSGSTORE_MQTT_PASSWORD", WRONG)
                    .set("msgstore.db.password", DATABASE)
                    .start()) {
                refused.awaitLine("can't connect to ssl://localhost", LIMIT);
                refused.kill9();
                log.append(refused.output());
            }
            try (MsgstoreProcess msgstore = secured(broker)
                    .environment("MSGSTORE_MQTT_PASSWORD", MQTT)
                    .environment("MSGSTORE_DB_PASSWORD", DATABASE)
                    .set("msgstore.debug", true)
                    .startAndAwaitReady()) {
                publish(broker, MESSAGES);
                Counts counts = Counts.afterAtLeast(MESSAGES, msgstore);
                assertThat(counts.dead()).as("every tenth is bad").isEqualTo(MESSAGES / 10);
                SERVERS.postgres().stop();
                publish(broker, 10);
                msgstore.awaitLine("Database does not take batches", LIMIT);
                SERVERS.postgres().start();
                msgstore.awaitLine("Database takes batches", LIMIT);
                broker.close();
                msgstore.awaitLine("lost the broker", LIMIT);
                broker.start();
                Awaitility.await("back at the broker")
                        .atMost(LIMIT)
                        .until(() -> msgstore.metric("msgstore_mqtt_connected") == 1);
                assertThat(msgstore.terminate()).isZero();
                log.append(msgstore.output());
            }
        }
        assertThat(log.length()).isGreaterThan((int) TEN_MEGABYTES);
        // not as an assertion on the log itself, which would print all of it
        assertThat(Stream.of(MQTT, DATABASE, TRUST, KEYS, WRONG)
                        .flatMap(secret -> Stream.of(secret, secret.replace("/", "%2F"), base64(secret)))
                        .filter(secret -> log.indexOf(secret) >= 0))
                .isEmpty();
        // what shows that it looked in the right place
        assertThat(log).contains("msgstore.db.password = ***", "Broker ssl://localhost", "database jdbc:postgresql://");
    }

    @Test
    void withoutDebugNoPayloadIsInTheLogAndWithJsonEachLineIsAnObject() throws Exception {
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.log-format", "json").startAndAwaitReady()) {
            SERVERS.publisher().publish("devices/t/up", "{\"event\":\"gps\",\"terminal_id\":\"my-terminal\"}");
            assertThat(Counts.afterAtLeast(1, msgstore).dead()).isOne();
            SERVERS.postgres().stop();
            SERVERS.publisher()
                    .publish("devices/t/up", "{\"event\":\"gps\",\"terminal_id\":\"my-terminal\",\"ts\":1770000000}");
            msgstore.awaitLine("Database does not take batches", LIMIT);
            SERVERS.postgres().start();
            msgstore.awaitLine("Database takes batches", LIMIT);
            assertThat(msgstore.terminate()).isZero();
            assertThat(msgstore.output()).doesNotContain("my-terminal");
            List<JsonNode> lines = new ArrayList<>();
            for (String line : msgstore.output().lines().toList()) {
                lines.add(new ObjectMapper().readTree(line));
            }
            assertThat(lines)
                    .allSatisfy(
                            line -> assertThat(line.path("@timestamp").asText()).endsWith("Z"));
            assertThat(lines).anySatisfy(line -> {
                assertThat(line.path("log.level").asText()).isEqualTo("WARN");
                assertThat(line.path("log.logger").asText()).isEqualTo("io.msgstore.store.Statements");
                assertThat(line.path("message").asText()).startsWith("Database does not take batches of gps");
            });
            assertThat(lines).anySatisfy(line -> assertThat(line.path("message").asText())
                    .matches("\\d+ routes: intake 1, intake-filter 1, queue \\d+, store \\d+, .*"));
        }
    }

    private MsgstoreProcess.Builder secured(Broker broker) {
        return SERVERS.msgstore()
                .set("msgstore.mqtt.url", "ssl://localhost:" + broker.port)
                .set("msgstore.mqtt.username", "msgstore")
                .set("msgstore.mqtt.tls.truststore", file("trust.p12"))
                .environment("MSGSTORE_MQTT_TLS_TRUSTSTORE_PASSWORD", TRUST)
                .set("msgstore.mqtt.tls.keystore", file("server.p12"))
                .environment("MSGSTORE_MQTT_TLS_KEYSTORE_PASSWORD", KEYS)
                .set("msgstore.dsn", dsn(""))
                .set("msgstore.db.username", "keeper")
                .set("log.level", "debug");
    }

    private static String dsn(String credentials) {
        return "postgres://" + credentials + "127.0.0.1:" + SERVERS.postgres().port() + "/msgstore";
    }

    /** Positions, every tenth without the device that the table wants. */
    private void publish(Broker broker, int messages) throws Exception {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("publisher");
        options.setPassword(MQTT.getBytes(StandardCharsets.UTF_8));
        options.setSocketFactory(Tls.socketFactory(file("trust.p12"), TRUST, null, null));
        MqttAsyncClient client =
                new MqttAsyncClient("ssl://localhost:" + broker.port, "publisher", new MemoryPersistence());
        client.connect(options).waitForCompletion(LIMIT.toMillis());
        String padding = "x".repeat(PADDING);
        List<IMqttToken> tokens = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            String device = i % 10 == 0 ? "" : "\"terminal_id\":\"t\",";
            String payload = "{\"event\":\"gps\"," + device + "\"ts\":" + (1_770_000_000L + i)
                    + ",\"latitude\":1,\"longitude\":2,\"extra\":{\"padding\":\"" + padding + "\"}}";
            tokens.add(client.publish("devices/t/up", payload.getBytes(StandardCharsets.UTF_8), 1, false));
        }
        for (IMqttToken token : tokens) {
            token.waitForCompletion(LIMIT.toMillis());
        }
        client.disconnect().waitForCompletion(LIMIT.toMillis());
        client.close();
    }

    private static void wantPasswordAtTheDatabase() {
        String file = (String) SERVERS.postgres().rows("show hba_file").get(0).get("hba_file");
        SERVERS.postgres()
                .execute("create role keeper login password '" + DATABASE + "'; grant all on schema public to keeper;"
                        + " copy (values ('host all keeper 127.0.0.1/32 scram-sha-256'),"
                        + " ('host all all 127.0.0.1/32 trust')) to '" + file + "'; select pg_reload_conf()");
    }

    private static String base64(String text) {
        return Base64.getEncoder()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8))
                .replace("=", "");
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private static void keytool(String password, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        // the store that a certificate is taken from, or put into
        command.addAll(List.of("-storepass", password));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
