/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.log;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
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

import io.msgstore.devices.mqtt.Broker;
import io.msgstore.platform.tls.Tls;
import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.Tokens;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the log, and what must never be. */
class LogIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String MQTT = "mqtt-Secret-4711";
    private static final String DATABASE = "db-Secret/4712";
    private static final String TRUST = "trust-Secret-4713";
    private static final String KEYS = "keys-Secret-4714";
    private static final String WRONG = "wrong-Secret-4715";
    private static final String HTTP = "http-Secret-4716";
    private static final String PAYLOAD = "payload-Secret-4717";
    private static final String USER = "operator";
    private static final int MESSAGES = 8_000;
    private static final int TEN_MEGABYTES = 10_000_000;
    /** As the log shortens their names: Camel, HikariCP, Vert.x, Flyway. */
    private static final List<String> LIBRARIES = List.of("o.a.c.", "c.z.h.", "i.v.", "o.f.c.");

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @TempDir
    Path directory;

    @Test
    void noSecretAndNoPayloadIsInTenMegabytesOfDebugLogWithFailedLoginsOutagesAndDeadLetters() throws Exception {
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
        KeyPair issuer = Tokens.issuer();
        Files.writeString(Path.of(file("issuer.pem")), Tokens.pem(issuer));
        String claims = "{\"exp\":" + Instant.now().plusSeconds(3600).getEpochSecond() + "}";
        String token = Tokens.signed("RS256", claims, issuer);
        String wrongToken = Tokens.signed("RS256", claims, Tokens.issuer());
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
                    .startAndAwaitReady()) {
                assertThat(ask(msgstore, MsgstoreProcess.basic(USER, HTTP))).isEqualTo(200);
                assertThat(ask(msgstore, "Bearer " + token)).isEqualTo(200);
                assertThat(ask(msgstore, MsgstoreProcess.basic(USER, WRONG))).isEqualTo(401);
                assertThat(ask(msgstore, "Bearer " + wrongToken)).isEqualTo(401);
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
        for (String library : LIBRARIES) {
            assertThat(lengthOf(List.of(library), log)).as(library).isPositive();
        }
        assertThat(lengthOf(LIBRARIES, log)).as("log of libraries").isGreaterThan(TEN_MEGABYTES);
        // not as an assertion on the log itself, which would print all of it
        assertThat(Stream.of(MQTT, DATABASE, TRUST, KEYS, WRONG, HTTP, PAYLOAD, signature(token), signature(wrongToken))
                        .flatMap(secret -> Stream.of(
                                secret, secret.replace("/", "%2F"), base64(secret), base64(USER + ":" + secret)))
                        .filter(secret -> log.indexOf(secret) >= 0))
                .isEmpty();
        // what shows that it looked in the right place
        assertThat(log).contains("msgstore.db.password = ***", "Broker ssl://localhost", "database jdbc:postgresql://");
    }

    @Test
    void withoutDebugNoPayloadIsInTheLogAndWithJsonEachLineIsAnObject() throws Exception {
        try (MsgstoreProcess msgstore =
                        SERVERS.msgstore().set("msgstore.log-format", "json").startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("devices/t/up", "{\"event\":\"gps\",\"terminal_id\":\"my-terminal\"}");
            assertThat(Counts.afterAtLeast(1, msgstore).dead()).isOne();
            SERVERS.postgres().stop();
            publisher.publish("devices/t/up", "{\"event\":\"gps\",\"terminal_id\":\"my-terminal\",\"ts\":1770000000}");
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
                assertThat(line.path("log.logger").asText()).isEqualTo("io.msgstore.devices.store.Statements");
                assertThat(line.path("message").asText()).startsWith("Database does not take batches of gps");
            });
            assertThat(lines).anySatisfy(line -> assertThat(line.path("message").asText())
                    .matches("\\d+ routes: intake 1, intake-filter 1, queue \\d+, mapping 2, store \\d+, .*"));
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
                .set("msgstore.http.username", USER)
                .environment("MSGSTORE_HTTP_PASSWORD", HTTP)
                .set("msgstore.http.jwt-key", file("issuer.pem"))
                .set("log.level", "debug")
                .set("log.libraries.level", "debug");
    }

    private static int ask(MsgstoreProcess msgstore, String authorization) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(msgstore.url() + "/api/v1/accounts"))
                .header("Authorization", authorization)
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static String signature(String token) {
        return token.substring(token.lastIndexOf('.') + 1);
    }

    /** How long the lines of these loggers are together. */
    private static int lengthOf(List<String> loggers, CharSequence log) {
        Pattern line =
                Pattern.compile("[\\d:.]+ \\w+ +(" + String.join("|", loggers).replace(".", "\\.") + ").*");
        return log.toString()
                .lines()
                .filter(text -> line.matcher(text).matches())
                .mapToInt(String::length)
                .sum();
    }

    private static String dsn(String credentials) {
        return "postgres://" + credentials + "127.0.0.1:" + SERVERS.postgres().port() + "/msgstore";
    }

    /** Positions, of which every tenth can't be stored, for one of three reasons. */
    private void publish(Broker broker, int messages) throws Exception {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("publisher");
        options.setPassword(MQTT.getBytes(StandardCharsets.UTF_8));
        options.setSocketFactory(Tls.socketFactory(file("trust.p12"), TRUST, null, null));
        MqttAsyncClient client =
                new MqttAsyncClient("ssl://localhost:" + broker.port, "publisher", new MemoryPersistence());
        client.connect(options).waitForCompletion(LIMIT.toMillis());
        List<IMqttToken> tokens = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            String payload = payload(i);
            tokens.add(client.publish("devices/t/up", payload.getBytes(StandardCharsets.UTF_8), 1, false));
        }
        for (IMqttToken token : tokens) {
            token.waitForCompletion(LIMIT.toMillis());
        }
        client.disconnect().waitForCompletion(LIMIT.toMillis());
        client.close();
    }

    private static String payload(int i) {
        String position = "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":" + (1_770_000_000L + i)
                + ",\"latitude\":1,\"longitude\":2,\"extra\":{\"note\":\"" + PAYLOAD + "\"}}";
        return switch (i % 30) {
            case 0 -> position.replace("\"terminal_id\":\"t\",", "");
            case 10 -> position.replace("\"latitude\":1", "\"latitude\":\"" + PAYLOAD + "\"");
            case 20 -> PAYLOAD;
            default -> position;
        };
    }

    private static void wantPasswordAtTheDatabase() {
        String file = (String) SERVERS.postgres().rows("show hba_file").get(0).get("hba_file");
        SERVERS.postgres()
                .execute("drop role if exists keeper; create role keeper login password '" + DATABASE
                        + "'; grant all on schema public to keeper;"
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
