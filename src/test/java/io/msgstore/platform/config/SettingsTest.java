/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.devices.DeviceStore;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class SettingsTest {
    private static final String HOUR = "must be a whole number from 1 to 3600000";
    private static final String FLAG = "must be true or false";
    private static final String PORT = "must be a whole number from 0 to 65535";
    private static final String NAME = "must be a name of letters, digits, \"_\" and \"-\"";
    private static final String LIST = "must be comma-separated, with no empty part";
    private static final String FILTERS = "must be MQTT topic filters, comma-separated ";
    private static final String BROKERS =
            "must be embedded, or tcp://host:port, ssl://, ws:// or wss://, several of one kind comma-separated ";
    private static final String DATABASE = "must be embedded, jdbc:postgresql://host:port/database or "
            + "postgres://user:password@host:port/database ";
    private static final String REDIS =
            "must be redis://host:port/database, redis-sentinel://host:port,host:port/master or "
                    + "redis-cluster://host:port,host:port; rediss… for TLS ";
    private static final String KAFKA = "must be host:port, several comma-separated ";
    private static final String KAFKA_NAME = "must be 1 to 249 letters, digits, ";
    private static final String PROTOCOL = "must be PLAINTEXT or SSL or SASL_PLAINTEXT or SASL_SSL";
    private static final String FILE = "must be a file that can be read";
    private static final String ZONE = "must be a time zone of the form Europe/Berlin, or UTC";

    /** What contract.md promises, in the order of the file. */
    private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

    static {
        DEFAULTS.put("msgstore.modules", "store");
        DEFAULTS.put("msgstore.mqtt.url", "embedded");
        DEFAULTS.put("msgstore.mqtt.topics", "#");
        DEFAULTS.put("msgstore.mqtt.qos", "1");
        DEFAULTS.put("msgstore.mqtt.client-id", "msgstore-" + host());
        DEFAULTS.put("msgstore.mqtt.username", "");
        DEFAULTS.put("msgstore.mqtt.password", "");
        DEFAULTS.put("msgstore.mqtt.tls.truststore", "");
        DEFAULTS.put("msgstore.mqtt.tls.truststore-password", "");
        DEFAULTS.put("msgstore.mqtt.tls.keystore", "");
        DEFAULTS.put("msgstore.mqtt.tls.keystore-password", "");
        DEFAULTS.put("msgstore.mqtt.consumers", "1");
        DEFAULTS.put("msgstore.mqtt.share-group", "");
        DEFAULTS.put("msgstore.mqtt.receive-maximum", "10000");
        DEFAULTS.put("msgstore.mqtt.session-expiry", "7d");
        DEFAULTS.put("msgstore.ack", "on-commit");
        DEFAULTS.put("msgstore.canary.interval", "0s");
        DEFAULTS.put("msgstore.canary.timeout", "10s");
        DEFAULTS.put("msgstore.include-topics", "");
        DEFAULTS.put("msgstore.exclude-topics", "$SYS/#");
        DEFAULTS.put("msgstore.include-users", "");
        DEFAULTS.put("msgstore.exclude-users", "");
        DEFAULTS.put("msgstore.include-clients", "");
        DEFAULTS.put("msgstore.exclude-clients", "");
        DEFAULTS.put("msgstore.include-retained", "false");
        DEFAULTS.put("msgstore.max-payload-bytes", "1048576");
        DEFAULTS.put("msgstore.max-in-flight-bytes", String.valueOf(eighthOfTheHeap()));
        DEFAULTS.put("msgstore.mapping", "");
        DEFAULTS.put("msgstore.queue", "memory");
        DEFAULTS.put("msgstore.queue-size", "10000");
        DEFAULTS.put("msgstore.enqueue-mode", "drop");
        DEFAULTS.put("msgstore.enqueue-wait-ms", "50");
        DEFAULTS.put("msgstore.queue.fallback", "");
        DEFAULTS.put("msgstore.queue.drain", "");
        DEFAULTS.put("msgstore.redis.url", "redis://127.0.0.1:6379");
        DEFAULTS.put("msgstore.redis.username", "");
        DEFAULTS.put("msgstore.redis.password", "");
        DEFAULTS.put("msgstore.redis.tls.truststore", "");
        DEFAULTS.put("msgstore.redis.tls.truststore-password", "");
        DEFAULTS.put("msgstore.redis.tls.keystore", "");
        DEFAULTS.put("msgstore.redis.tls.keystore-password", "");
        DEFAULTS.put("msgstore.redis.key", "msgstore:queue");
        DEFAULTS.put("msgstore.redis.group", "msgstore");
        DEFAULTS.put("msgstore.redis.claim-after", "30s");
        DEFAULTS.put("msgstore.kafka.brokers", "127.0.0.1:9092");
        DEFAULTS.put("msgstore.kafka.security-protocol", "PLAINTEXT");
        DEFAULTS.put("msgstore.kafka.sasl-mechanism", "PLAIN");
        DEFAULTS.put("msgstore.kafka.sasl-username", "");
        DEFAULTS.put("msgstore.kafka.sasl-password", "");
        DEFAULTS.put("msgstore.kafka.tls.truststore", "");
        DEFAULTS.put("msgstore.kafka.tls.truststore-password", "");
        DEFAULTS.put("msgstore.kafka.tls.keystore", "");
        DEFAULTS.put("msgstore.kafka.tls.keystore-password", "");
        DEFAULTS.put("msgstore.queue.kafka.topic", "msgstore-queue");
        DEFAULTS.put("msgstore.queue.kafka.group", "msgstore");
        DEFAULTS.put("msgstore.queue.kafka.create-topic", "true");
        DEFAULTS.put("msgstore.queue.kafka.partitions", "12");
        DEFAULTS.put("msgstore.queue.kafka.replication", "-1");
        DEFAULTS.put("msgstore.workers", "4");
        DEFAULTS.put("msgstore.batch-size", "500");
        DEFAULTS.put("msgstore.batch-linger-ms", "20");
        DEFAULTS.put("msgstore.write-mode", "gps_v1");
        DEFAULTS.put("msgstore.time-zone", "");
        DEFAULTS.put("msgstore.time.max-future", "1d");
        DEFAULTS.put("msgstore.notify", "false");
        DEFAULTS.put("msgstore.retry-max", "3");
        DEFAULTS.put("msgstore.retry-backoff-ms", "200");
        DEFAULTS.put("msgstore.retry-backoff-max-ms", "5000");
        DEFAULTS.put("msgstore.on-outage", "hold");
        DEFAULTS.put("msgstore.unknown-event", "dead-letter");
        DEFAULTS.put("msgstore.dead-letter.dir", "data/dead-letters");
        DEFAULTS.put("msgstore.dsn", "embedded");
        DEFAULTS.put("msgstore.db.username", "");
        DEFAULTS.put("msgstore.db.password", "");
        DEFAULTS.put("msgstore.db.pool-size", "6");
        DEFAULTS.put("msgstore.db.migrate", "true");
        DEFAULTS.put("msgstore.db-timeout-ms", "300");
        DEFAULTS.put("msgstore.debug", "false");
        DEFAULTS.put("msgstore.log-format", "text");
        DEFAULTS.put("msgstore.tracing", "false");
        DEFAULTS.put("msgstore.stop-timeout", "30s");
        DEFAULTS.put("msgstore.http.port", "8080");
        DEFAULTS.put("msgstore.http.host", "127.0.0.1");
        DEFAULTS.put("msgstore.http.username", "");
        DEFAULTS.put("msgstore.http.password", "");
        DEFAULTS.put("msgstore.http.jwt-key", "");
        DEFAULTS.put("msgstore.http.jwt-audience", "");
        DEFAULTS.put("msgstore.console", "false");
        DEFAULTS.put("msgstore.embedded.mqtt-port", "1883");
        DEFAULTS.put("msgstore.embedded.postgres-port", "5432");
        DEFAULTS.put("msgstore.data-dir", "data");
    }

    /** Key, a value that it refuses, what the message says. */
    private static final List<Arguments> BAD_VALUES = List.of(
            arguments("msgstore.modules", "", "one or more of store, comma-separated (there is none)"),
            arguments("msgstore.modules", "stroe", "one or more of store, comma-separated (\"stroe\" is none)"),
            arguments("msgstore.modules", "store,", "one or more of store, comma-separated (\"\" is none)"),
            arguments("msgstore.mqtt.url", "", BROKERS + "(there is none)"),
            arguments("msgstore.mqtt.url", "localhost:1883", BROKERS + "(\"localhost:1883\" is not)"),
            arguments("msgstore.mqtt.url", "mqtt://h", BROKERS + "(\"mqtt://h\" is not)"),
            arguments("msgstore.mqtt.url", "tcp://", BROKERS + "(\"tcp://\" is not)"),
            arguments("msgstore.mqtt.url", "tcp://h,", BROKERS + "(one is empty)"),
            arguments("msgstore.mqtt.url", "tcp://h,ssl://h", BROKERS + "(these are of 2 kinds)"),
            arguments("msgstore.mqtt.url", "tcp://h,embedded", BROKERS + "(\"embedded\" is not)"),
            arguments(
                    "msgstore.mqtt.url",
                    "ssl://my_broker:8883",
                    BROKERS + "(with TLS a host name has no \"_\": Java can't compare it with a certificate)"),
            arguments(
                    "msgstore.mqtt.url",
                    "tcp://h:70000",
                    BROKERS + "(the port of \"tcp://h:70000\" is not from 1 to 65535)"),
            arguments(
                    "msgstore.mqtt.url",
                    "ssl://h:8883,ssl://[::1]:8883",
                    BROKERS + "(with TLS the host is a name or an IPv4 address)"),
            arguments("msgstore.mqtt.url", "tcp://h:0", BROKERS + "(the port of \"tcp://h:0\" is not from 1 to 65535)"),
            arguments("msgstore.mqtt.url", "ssl://h/mqtt", BROKERS + "(only ws:// and wss:// have a path)"),
            arguments("msgstore.mqtt.topics", "", FILTERS + "(there is none)"),
            arguments("msgstore.mqtt.topics", "a,,b", FILTERS + "(one is empty)"),
            arguments("msgstore.mqtt.topics", "a/#/b", FILTERS + "(\"a/#/b\": # must be alone in the last level)"),
            arguments("msgstore.mqtt.topics", "a/b#", FILTERS + "(\"a/b#\": # must be alone in the last level)"),
            arguments("msgstore.mqtt.topics", "a/b+", FILTERS + "(\"a/b+\": + must be alone in its level)"),
            arguments(
                    "msgstore.mqtt.topics",
                    "$share/g/a",
                    FILTERS + "(for a shared subscription set msgstore.mqtt.share-group)"),
            arguments("msgstore.mqtt.qos", "3", "must be a whole number from 0 to 2"),
            arguments("msgstore.mqtt.client-id", "", "must be 1 to 65535 bytes"),
            arguments("msgstore.mqtt.tls.truststore", "none.p12", FILE + " ("),
            arguments("msgstore.mqtt.tls.keystore", ".", "must be a file, not a folder ("),
            arguments("msgstore.mqtt.consumers", "0", "must be a whole number from 1 to 100"),
            arguments("msgstore.mqtt.share-group", "a/b", "must be a name without \"/\", \"+\" and \"#\""),
            arguments("msgstore.mqtt.receive-maximum", "0", "must be a whole number from 1 to 65535, or queue-size"),
            arguments(
                    "msgstore.mqtt.receive-maximum", "queue", "must be a whole number from 1 to 65535, or queue-size"),
            arguments(
                    "msgstore.mqtt.session-expiry",
                    "7",
                    "must be a number with s, m, h or d such as 90s or 7d, from 1s to 49710d, or never"),
            arguments("msgstore.mqtt.session-expiry", "0s", "from 1s to 49710d, or never"),
            arguments("msgstore.mqtt.session-expiry", "49711d", "from 1s to 49710d, or never"),
            arguments("msgstore.mqtt.session-expiry", "9999999999d", "from 1s to 49710d, or never"),
            arguments("msgstore.ack", "on-receive", "must be on-commit or on-enqueue"),
            arguments(
                    "msgstore.canary.interval",
                    "30",
                    "must be a number with s, m, h or d such as 90s or 7d, from 1s to 49710d, or 0s"),
            arguments("msgstore.canary.interval", "0m", "from 1s to 49710d, or 0s"),
            arguments("msgstore.canary.interval", "", "from 1s to 49710d, or 0s"),
            arguments(
                    "msgstore.canary.timeout",
                    "500ms",
                    "must be a number with s, m, h or d such as 90s or 7d, from 1s to 49710d"),
            arguments("msgstore.canary.timeout", "0s", "from 1s to 49710d"),
            arguments(
                    "msgstore.include-topics",
                    "#/a",
                    FILTERS + "(\"#/a\": # must be alone in the last level), or empty"),
            arguments("msgstore.exclude-topics", "+a", FILTERS + "(\"+a\": + must be alone in its level), or empty"),
            arguments("msgstore.include-users", "a,,b", LIST),
            arguments("msgstore.exclude-users", ",", LIST),
            arguments("msgstore.include-clients", "a,", LIST),
            arguments("msgstore.exclude-clients", ",a", LIST),
            arguments("msgstore.include-retained", "yes", FLAG),
            arguments("msgstore.max-payload-bytes", "1MB", "must be a whole number from 1 to 268435455"),
            arguments(
                    "msgstore.mapping",
                    "owntracks,../mine",
                    "must be names of letters, digits, \"_\" and \"-\", comma-separated"),
            arguments("msgstore.queue", "../memory", NAME),
            arguments("msgstore.queue", "", NAME),
            arguments(
                    "msgstore.max-in-flight-bytes",
                    "1048575",
                    "must be a whole number from 1048576 to 2147483647, or empty"),
            arguments("msgstore.queue-size", "0", "must be a whole number from 1 to 1000000000"),
            arguments("msgstore.queue-size", "+5", "must be a whole number from 1 to 1000000000"),
            arguments("msgstore.queue-size", "1000000001", "must be a whole number from 1 to 1000000000"),
            arguments("msgstore.queue-size", "99999999999", "must be a whole number from 1 to 1000000000"),
            arguments("msgstore.queue-size", "", "must be a whole number from 1 to 1000000000"),
            arguments("msgstore.enqueue-mode", "wait", "must be drop or block or disconnect"),
            arguments("msgstore.enqueue-wait-ms", "-1", "must be a whole number from 0 to 3600000"),
            arguments("msgstore.queue.fallback", "a/b", NAME + ", or empty"),
            arguments("msgstore.queue.drain", "a/b", NAME + ", or empty"),
            arguments("msgstore.queue.drain", "memory", "must be a queue that outlives the process, or empty"),
            arguments("msgstore.redis.url", "", REDIS + "(\"\" is not)"),
            arguments("msgstore.redis.url", "valkey://h", REDIS + "(\"valkey://h\" is not)"),
            arguments("msgstore.redis.url", "redis://h,h2", REDIS + "(several hosts only with redis-sentinel:// and"),
            arguments("msgstore.redis.tls.truststore", "none.p12", FILE + " ("),
            arguments("msgstore.redis.tls.keystore", ".", "must be a file, not a folder ("),
            arguments("msgstore.redis.key", "a b", "must be a name of letters, digits, \".\", \"_\", \":\" and \"-\""),
            arguments("msgstore.redis.group", "", "must be a name of letters, digits, \".\", \"_\", \":\" and \"-\""),
            arguments("msgstore.redis.claim-after", "0s", "from 1s to 49710d"),
            arguments("msgstore.redis.claim-after", "500ms", "must be a number with s, m, h or d"),
            arguments("msgstore.kafka.brokers", "", KAFKA + "(there is none)"),
            arguments("msgstore.kafka.brokers", "h", KAFKA + "(\"h\" is not)"),
            arguments("msgstore.kafka.brokers", "h:9092,", KAFKA + "(one is empty)"),
            arguments("msgstore.kafka.brokers", "SSL://h:9092", KAFKA + "(\"SSL://h:9092\" is not)"),
            arguments("msgstore.kafka.brokers", "h:70000", KAFKA + "(the port of \"h:70000\" is not from 1 to 65535)"),
            arguments("msgstore.kafka.brokers", "h:0", KAFKA + "(the port of \"h:0\" is not from 1 to 65535)"),
            arguments("msgstore.kafka.security-protocol", "TLS", PROTOCOL),
            arguments("msgstore.kafka.security-protocol", "ssl", PROTOCOL),
            arguments("msgstore.kafka.sasl-mechanism", "plain", "must be PLAIN or SCRAM-SHA-256 or SCRAM-SHA-512"),
            arguments("msgstore.kafka.tls.truststore", "none.p12", FILE + " ("),
            arguments("msgstore.kafka.tls.keystore", ".", "must be a file, not a folder ("),
            arguments("msgstore.queue.kafka.topic", "a/b", KAFKA_NAME),
            arguments("msgstore.queue.kafka.topic", "..", KAFKA_NAME),
            arguments("msgstore.queue.kafka.topic", "a".repeat(250), KAFKA_NAME),
            arguments("msgstore.queue.kafka.group", "", KAFKA_NAME),
            arguments("msgstore.queue.kafka.create-topic", "no", FLAG),
            arguments("msgstore.queue.kafka.partitions", "0", "must be a whole number from 1 to 10000"),
            arguments("msgstore.queue.kafka.replication", "101", "must be a whole number from 1 to 100, or -1"),
            arguments("msgstore.queue.kafka.replication", "0", "must be a whole number from 1 to 100, or -1"),
            arguments("msgstore.queue.kafka.replication", "", "must be a whole number from 1 to 100, or -1"),
            arguments("msgstore.workers", "0", "must be a whole number from 1 to 256"),
            arguments("msgstore.batch-size", "0", "must be a whole number from 1 to 100000"),
            arguments("msgstore.batch-linger-ms", "1m", "must be a whole number from 0 to 60000"),
            arguments("msgstore.write-mode", "gps v1", NAME),
            arguments("msgstore.dsn", "", DATABASE + "(it begins with none of these)"),
            arguments("msgstore.dsn", "mysql://h/db", DATABASE + "(only PostgreSQL is supported now)"),
            arguments("msgstore.dsn", "jdbc:mysql://h/db", DATABASE + "(only PostgreSQL is supported now)"),
            arguments("msgstore.db.pool-size", "0", "must be a whole number from 1 to 1000, or empty"),
            arguments("msgstore.db.migrate", "1", FLAG),
            arguments("msgstore.db-timeout-ms", "0", HOUR),
            arguments("msgstore.time-zone", "Europe/Atlantis", ZONE + ", or empty"),
            arguments("msgstore.time-zone", "+08:00", ZONE),
            arguments("msgstore.time-zone", "GMT+8", ZONE),
            arguments("msgstore.time-zone", "CET", ZONE),
            arguments("msgstore.time-zone", "IST", ZONE),
            arguments("msgstore.time-zone", "europe/berlin", ZONE),
            arguments("msgstore.time-zone", "SystemV/PST8", ZONE),
            arguments("msgstore.time.max-future", "1", "must be a number with s, m, h or d such as 90s or 7d"),
            arguments("msgstore.time.max-future", "0s", "from 1s to 49710d"),
            arguments("msgstore.notify", "on", FLAG),
            arguments("msgstore.retry-max", "-1", "must be a whole number from 0 to 1000"),
            arguments("msgstore.retry-backoff-ms", "0", HOUR),
            arguments(
                    "msgstore.retry-backoff-ms",
                    "5001",
                    "must be at most msgstore.retry-backoff-max-ms, which is 5000"),
            arguments("msgstore.retry-backoff-max-ms", "soon", HOUR),
            arguments("msgstore.on-outage", "drop", "must be hold or dead-letter"),
            arguments("msgstore.unknown-event", "drop", "must be dead-letter or ignore"),
            arguments("msgstore.dead-letter.dir", "", "must be the path of a folder"),
            arguments("msgstore.debug", "TRUE", FLAG),
            arguments("msgstore.log-format", "JSON", "must be text or json"),
            arguments("msgstore.tracing", "on", FLAG),
            arguments("msgstore.stop-timeout", "30", "must be a number with s, m, h or d such as 90s or 7d"),
            arguments("msgstore.stop-timeout", "0s", "from 1s to 49710d"),
            arguments("msgstore.stop-timeout", "never", "from 1s to 49710d"),
            arguments("msgstore.http.port", "65536", PORT),
            arguments("msgstore.http.host", "", "must be a host name or an IP address"),
            arguments("msgstore.http.host", "0.0.0.0", "set msgstore.http.username and msgstore.http.password"),
            arguments("msgstore.http.host", "::", "set msgstore.http.username and msgstore.http.password"),
            arguments("msgstore.http.host", "127.0.0.1.example.com", "set msgstore.http.username and"),
            arguments("msgstore.http.username", "a:b", "must be a name without \":\""),
            arguments("msgstore.http.jwt-key", "none.pem", FILE + " ("),
            arguments("msgstore.console", "yes", FLAG),
            arguments("msgstore.embedded.mqtt-port", "-1", PORT),
            arguments("msgstore.embedded.postgres-port", "x", PORT),
            arguments("msgstore.data-dir", "a-file", "must be a folder, or the path of one to be made ("));

    /** Keys that take any text. */
    private static final Set<String> NEVER_WRONG = Set.of(
            "msgstore.mqtt.username",
            "msgstore.mqtt.password",
            "msgstore.mqtt.tls.truststore-password",
            "msgstore.mqtt.tls.keystore-password",
            "msgstore.redis.username",
            "msgstore.redis.password",
            "msgstore.redis.tls.truststore-password",
            "msgstore.redis.tls.keystore-password",
            "msgstore.kafka.sasl-username",
            "msgstore.kafka.sasl-password",
            "msgstore.kafka.tls.truststore-password",
            "msgstore.kafka.tls.keystore-password",
            "msgstore.db.username",
            "msgstore.db.password",
            "msgstore.http.password",
            "msgstore.http.jwt-audience");

    @TempDir
    private Path directory;

    private final Properties system = new Properties();
    private final Map<String, String> environment = new HashMap<>();

    // ---- every key

    @Test
    void everyKeyIsTestedHere() {
        assertThat(DEFAULTS.keySet()).containsExactlyElementsOf(keys());
        assertThat(BAD_VALUES.stream().map(row -> (String) row.get()[0]).collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(keys().stream()
                        .filter(key -> !NEVER_WRONG.contains(key))
                        .toList());
    }

    @Test
    void everyKeyStandsInTheFileInTheOrderOfTheFlow() throws IOException {
        assertThat(documentation().stream()
                        .filter(line -> line.startsWith("msgstore."))
                        .map(line -> line.substring(0, line.indexOf('='))))
                .containsExactlyElementsOf(keys());
    }

    @Test
    void everyBlockOfTheFileSaysItsDefault() throws IOException {
        for (String block : String.join("\n", documentation()).split("\n\n+")) {
            List<String> keys =
                    block.lines().filter(line -> line.startsWith("msgstore.")).toList();
            List<String> comment =
                    block.lines().filter(line -> line.startsWith("# ")).toList();
            if (!keys.isEmpty()) {
                assertThat(comment).as(block).hasSizeGreaterThan(1);
                assertThat(comment.get(comment.size() - 1))
                        .as(block)
                        .startsWith("# Default: ")
                        .contains(keys.stream()
                                .map(key -> key.substring(key.indexOf('=') + 1))
                                .map(value -> value.isEmpty() ? "empty" : value)
                                .toList());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("defaults")
    void defaultIs(String key, String value) throws BadConfiguration {
        assertThat(load().text(key)).isEqualTo(value);
        assertThat(load().properties()).containsEntry(key, value);
    }

    static Stream<Arguments> defaults() {
        return DEFAULTS.entrySet().stream().map(entry -> arguments(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest
    @FieldSource("BAD_VALUES")
    void badValueIsRefusedWithWhatIsAllowed(String key, String value, String message) throws IOException {
        Files.writeString(directory.resolve("a-file"), "");
        system.setProperty(key, value);

        assertThat(mistakes())
                .singleElement()
                .asString()
                .startsWith(key + "=" + (value.isEmpty() ? "(empty)" : value) + " (-D" + key + "): must be ")
                .contains(message)
                .hasLineCount(1);
    }

    @Test
    void clientIdIsCountedInBytes() {
        system.setProperty("msgstore.mqtt.client-id", "é".repeat(32_768));
        assertThat(mistakes())
                .singleElement()
                .asString()
                .endsWith("must be 1 to 65535 bytes without control characters");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "msgstore.mqtt.url -> tcp://my_broker:1883,tcp://[::1]",
                "msgstore.mqtt.url -> wss://h/mqtt",
                "msgstore.mqtt.topics -> a/+/b/#, /c, d//e, +",
                "msgstore.mqtt.receive-maximum -> 65535",
                "msgstore.mqtt.session-expiry -> never",
                "msgstore.canary.interval -> 30s",
                "msgstore.canary.timeout -> 1m",
                "msgstore.dsn -> postgres://h/db",
                "msgstore.dsn -> jdbc:postgresql://h/db",
                "msgstore.queue -> my_queue-2",
                "msgstore.queue-size -> 1000000000",
                "msgstore.redis.url -> rediss://[::1]:6380/3",
                "msgstore.redis.url -> redis-sentinel://h:26379,h2/my-master/1",
                "msgstore.redis.url -> rediss-cluster://h,h2:6380",
                "msgstore.redis.key -> msgstore:eu.messages-1",
                "msgstore.redis.group -> store_1",
                "msgstore.redis.claim-after -> 1s",
                "msgstore.kafka.brokers -> kafka-1:9092, [::1]:9093, 10.0.0.1:65535",
                "msgstore.queue.kafka.topic -> eu.messages_1-a",
                "msgstore.queue.kafka.group -> ...",
                "msgstore.queue.kafka.partitions -> 10000",
                "msgstore.queue.kafka.replication -> 3",
                "msgstore.queue.kafka.replication -> -1",
                "msgstore.kafka.security-protocol -> SSL",
                "msgstore.kafka.sasl-mechanism -> SCRAM-SHA-512",
                "msgstore.http.port -> 0",
            })
    void goodValueIsTaken(String key, String value) throws BadConfiguration {
        system.setProperty(key, value);
        assertThat(load().text(key)).isEqualTo(value);
    }

    @Test
    void allMistakesAreToldAtOnce() throws IOException {
        config("msgstore.queue-size=many", "msgstore.nonsense=1");
        environment.put("MSGSTORE_WORKERS", "0");
        system.setProperty("msgstore.mqtt.qos", "3");

        BadConfiguration bad = catchThrowableOfType(BadConfiguration.class, this::load);

        assertThat(bad.mistakes())
                .containsExactly(
                        "msgstore.nonsense (application.properties): there is no such setting",
                        "msgstore.mqtt.qos=3 (-Dmsgstore.mqtt.qos): must be a whole number from 0 to 2",
                        "msgstore.queue-size=many (application.properties): must be a whole number from 1 to 1000000000",
                        "msgstore.workers=0 (environment variable MSGSTORE_WORKERS): "
                                + "must be a whole number from 1 to 256");
        assertThat(bad).hasMessage(String.join(System.lineSeparator(), bad.mistakes()));
    }

    // ---- where values come from

    @Test
    void environmentWinsOverFileAndSystemPropertyOverBoth() throws Exception {
        config("msgstore.queue-size=1", "msgstore.workers=1", "msgstore.batch-size=1");
        environment.put("MSGSTORE_WORKERS", "2");
        environment.put("MSGSTORE_BATCH_SIZE", "2");
        system.setProperty("msgstore.batch-size", "3");

        Settings settings = load();

        assertThat(settings.number("msgstore.queue-size")).isEqualTo(1);
        assertThat(settings.number("msgstore.workers")).isEqualTo(2);
        assertThat(settings.number("msgstore.batch-size")).isEqualTo(3);
    }

    @Test
    void namedFileIsTakenInsteadOfTheOneInTheWorkingDirectory() throws Exception {
        config("msgstore.workers=1", "msgstore.queue-size=1");
        Files.writeString(directory.resolve("other.properties"), "msgstore.workers=2");

        Settings settings = load(Path.of("other.properties"));

        assertThat(settings.number("msgstore.workers")).isEqualTo(2);
        assertThat(settings.number("msgstore.queue-size")).isEqualTo(10_000);
    }

    @Test
    void namedFileThatIsNotThereIsAMistake() {
        assertThat(mistakes(Path.of("none.properties")))
                .containsExactly("--config none.properties: there is no such file");
    }

    @Test
    void fileIsReadAsUtf8() throws Exception {
        config("\uFEFFmsgstore.mqtt.username=Zoë", "my.text=日本");
        assertThat(load().text("msgstore.mqtt.username")).isEqualTo("Zoë");
        assertThat(load().text("my.text")).isEqualTo("日本");
    }

    @Test
    void fileThatIsNotUtf8IsAMistake() throws IOException {
        Files.write(directory.resolve("application.properties"), "my.text=Zoë".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(mistakes()).containsExactly("application.properties is not UTF-8");
    }

    @Test
    void malformedFileIsAMistake() throws IOException {
        config("my.text=\\u00");
        assertThat(mistakes()).singleElement().asString().startsWith("application.properties can't be read: ");
    }

    @Test
    void keysOfCamelAndOfUsersArePassedThrough() throws Exception {
        config("camel.main.name=mine", "my.table=positions", "my.other=1");
        system.setProperty("my.table", "places");
        system.setProperty("camel.main.durationMaxSeconds", "5");
        system.setProperty("java.something", "x");

        assertThat(load().properties())
                .containsEntry("camel.main.name", "mine")
                .containsEntry("camel.main.durationMaxSeconds", "5")
                .containsEntry("my.table", "places")
                .containsEntry("my.other", "1")
                .doesNotContainKey("java.something");
    }

    @Test
    void emptyValueTakesADefaultAway() throws Exception {
        environment.put("MSGSTORE_EXCLUDE_TOPICS", "");
        assertThat(load().list("msgstore.exclude-topics")).isEmpty();
    }

    @Test
    void spacesAroundValuesCountOnlyInPasswords() throws Exception {
        config("msgstore.queue-size=5  ", "msgstore.db.password=word  ");
        assertThat(load().number("msgstore.queue-size")).isEqualTo(5);
        assertThat(load().text("msgstore.db.password")).isEqualTo("word  ");
    }

    // ---- keys that don't exist

    @ParameterizedTest
    @CsvSource({
        "msgstore.queue_size, msgstore.queue-size",
        "msgstore.queueSize, msgstore.queue-size",
        "msgstore.batchsize, msgstore.batch-size",
        "msgstore.wokers, msgstore.workers",
        "msgstore.mqtt.user, msgstore.mqtt.username",
        "msgstore.db.migrat, msgstore.db.migrate",
    })
    void unknownKeyIsAMistakeWithTheOneThatWasMeant(String key, String meant) throws IOException {
        config(key + "=1");
        assertThat(mistakes())
                .containsExactly(
                        key + " (application.properties): there is no such setting; did you mean " + meant + "?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"msgstore.", "msgstore.redis.address", "msgstore.colour"})
    void unknownKeyThatIsLikeNoneIsAMistakeWithoutAGuess(String key) {
        system.setProperty(key, "1");
        assertThat(mistakes()).containsExactly(key + " (-D" + key + "): there is no such setting");
    }

    @Test
    void unknownKeyDoesNotShowItsValueWhichMayBeAPassword() {
        system.setProperty("msgstore.db.pasword", "s3cret");
        assertThat(mistakes()).singleElement().asString().doesNotContain("s3cret");
    }

    @Test
    void variablesThatKubernetesSetsAreWarnedOfAndIgnored() throws Exception {
        environment.put("MSGSTORE_SERVICE_HOST", "10.0.0.1");
        environment.put("MSGSTORE_PORT", "tcp://10.0.0.1:8080");
        environment.put("MSGSTORE_HTTP_PORT", "tcp://10.0.0.1:8080");
        environment.put("MSGSTORE_QUEUESIZE", "5");

        Settings settings = load();

        assertThat(settings.number("msgstore.http.port")).isEqualTo(8080);
        assertThat(settings.warnings())
                .containsExactly(
                        "environment variable MSGSTORE_HTTP_PORT is ignored: it sets nothing of msgstore",
                        "environment variable MSGSTORE_PORT is ignored: it sets nothing of msgstore",
                        "environment variable MSGSTORE_QUEUESIZE is ignored: it sets nothing of msgstore; "
                                + "did you mean MSGSTORE_QUEUE_SIZE?",
                        "environment variable MSGSTORE_SERVICE_HOST is ignored: it sets nothing of msgstore");
    }

    @Test
    void everyKeyHasAVariableOfItsOwn() {
        assertThat(new Keys(List.of(new DeviceStore())).all().stream().map(Key::variable))
                .doesNotHaveDuplicates()
                .contains("MSGSTORE_MQTT_CLIENT_ID");
    }

    // ---- values that depend on others

    @Test
    void receiveMaximumFollowsTheQueueUpToWhatMqttAllows() throws Exception {
        config("msgstore.queue-size=300");
        assertThat(load().number("msgstore.mqtt.receive-maximum")).isEqualTo(300);
        config("msgstore.queue-size=300000");
        assertThat(load().number("msgstore.mqtt.receive-maximum")).isEqualTo(65_535);
    }

    @Test
    void bytesInFlightAreAnEighthOfTheHeap() throws Exception {
        assertThat(load().number("msgstore.max-in-flight-bytes")).isEqualTo(eighthOfTheHeap());
        config("msgstore.max-in-flight-bytes=5000000");
        assertThat(load().number("msgstore.max-in-flight-bytes")).isEqualTo(5_000_000);
    }

    @Test
    void payloadsAboveTheBytesInFlightAreWarnedOf() throws Exception {
        config("msgstore.max-in-flight-bytes=2000000", "msgstore.max-payload-bytes=2000000");
        assertThat(load().warnings()).isEmpty();
        config("msgstore.max-in-flight-bytes=2000000", "msgstore.max-payload-bytes=2000001");
        assertThat(load().warnings())
                .containsExactly("msgstore.max-payload-bytes=2000001 is above msgstore.max-in-flight-bytes (2000000): a"
                        + " message above that is too-large; a larger heap (-Xmx) allows for more");
    }

    private static int eighthOfTheHeap() {
        return (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 8);
    }

    @Test
    void poolHasTwoConnectionsMoreThanThereAreWorkers() throws Exception {
        config("msgstore.workers=8");
        assertThat(load().number("msgstore.db.pool-size")).isEqualTo(10);
        config("msgstore.workers=8", "msgstore.db.pool-size=3");
        assertThat(load().number("msgstore.db.pool-size")).isEqualTo(3);
    }

    @Test
    void hostIsPutIntoTheClientIdWhereItIsAskedFor() throws Exception {
        config("msgstore.mqtt.client-id=eu-<host>-1");
        assertThat(load().text("msgstore.mqtt.client-id")).isEqualTo("eu-" + host() + "-1");
        config("msgstore.mqtt.client-id=fixed");
        assertThat(load().text("msgstore.mqtt.client-id")).isEqualTo("fixed");
    }

    @Test
    void storesAreLookedForFromTheWorkingDirectory() throws Exception {
        Files.writeString(directory.resolve("trust.p12"), "");
        config("msgstore.mqtt.url=ssl://h", "msgstore.mqtt.tls.truststore=trust.p12");
        assertThat(load().path("msgstore.mqtt.tls.truststore")).isEqualTo(directory.resolve("trust.p12"));
        assertThat(load().warnings()).isEmpty();
    }

    @Test
    void storesWithoutTlsAreWarnedOf() throws Exception {
        Files.writeString(directory.resolve("trust.p12"), "");
        config("msgstore.mqtt.url=tcp://h", "msgstore.mqtt.tls.truststore=trust.p12");
        assertThat(load().warnings())
                .containsExactly(
                        "msgstore.mqtt.tls.truststore is ignored: msgstore.mqtt.url has no TLS (ssl:// or wss://)");
    }

    @Test
    void aFallbackOfTheQueueInMemoryIsWarnedOf() throws Exception {
        config("msgstore.queue.fallback=direct");
        assertThat(load().warnings())
                .containsExactly("msgstore.queue.fallback is ignored: the queue in memory is never away");
        config("msgstore.queue=redis", "msgstore.queue.fallback=direct", "msgstore.enqueue-mode=disconnect");
        assertThat(load().warnings()).isEmpty();
    }

    @Test
    void aFallbackIsForMessagesThatTheBrokerKeeps() throws Exception {
        config(
                "msgstore.queue=redis",
                "msgstore.queue.fallback=memory",
                "msgstore.enqueue-mode=disconnect",
                "msgstore.ack=on-enqueue");
        assertThat(mistakes())
                .containsExactly("msgstore.queue.fallback=memory (application.properties): must be empty, because"
                        + " msgstore.ack is on-enqueue");
    }

    @Test
    void aQueueIsNotDrainedIntoItself() throws Exception {
        config("msgstore.queue=redis", "msgstore.queue.drain=redis", "msgstore.enqueue-mode=disconnect");
        assertThat(mistakes())
                .containsExactly(
                        "msgstore.queue.drain=redis (application.properties): must be another queue than msgstore.queue,"
                                + " or empty");
    }

    @Test
    void workersOfAQueueThatIsDrainedHaveConnectionsToo() throws Exception {
        config("msgstore.queue.drain=redis", "msgstore.workers=3");
        assertThat(load().number("msgstore.db.pool-size")).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({
        "redis, drop, true",
        "kafka, drop, true",
        "kafka, block, false",
        "redis, disconnect, false",
        "memory, drop, false"
    })
    void aDurableQueueThatDropsIsWarnedOf(String queue, String mode, boolean warned) throws Exception {
        config("msgstore.queue=" + queue, "msgstore.enqueue-mode=" + mode, "msgstore.queue-size=300");
        List<String> expected = warned
                ? List.of("msgstore.enqueue-mode=drop with msgstore.queue=" + queue
                        + ": when the queue holds msgstore.queue-size messages (300), as in a long outage of the database, new"
                        + " ones are lost; disconnect leaves them with the broker")
                : List.of();
        assertThat(load().warnings()).isEqualTo(expected);
    }

    // ---- getters

    @ParameterizedTest
    @CsvSource({"7d, PT168H", "12h, PT12H", "30m, PT30M", "90s, PT1M30S", "never, PT4294967295S"})
    void sessionExpiryIsADuration(String value, Duration duration) throws Exception {
        config("msgstore.mqtt.session-expiry=" + value);
        assertThat(load().duration("msgstore.mqtt.session-expiry")).isEqualTo(duration);
    }

    @Test
    void valuesAreReadByTheirKind() throws Exception {
        config("msgstore.include-users= alice , bob", "msgstore.debug=true", "msgstore.mqtt.username=  ");
        Settings settings = load();

        assertThat(settings.list("msgstore.include-users")).containsExactly("alice", "bob");
        assertThat(settings.list("msgstore.exclude-users")).isEmpty();
        assertThat(settings.flag("msgstore.debug")).isTrue();
        assertThat(settings.flag("msgstore.notify")).isFalse();
        assertThat(settings.duration("msgstore.db-timeout-ms")).isEqualTo(Duration.ofMillis(300));
        assertThat(settings.optional("msgstore.mqtt.username")).isEmpty();
        assertThat(settings.optional("msgstore.queue")).contains("memory");
        assertThat(settings.path("msgstore.data-dir")).isEqualTo(directory.resolve("data"));
        assertThatThrownBy(() -> settings.text("msgstore.none"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no setting msgstore.none");
    }

    // ---- what people see

    @Test
    void descriptionHasALinePerKeyWithItsOriginUnlessItIsTheDefault() throws Exception {
        config("msgstore.workers=8", "msgstore.queue-size=10000");
        environment.put("MSGSTORE_DEBUG", "true");
        List<String> lines = load().toString().lines().toList();

        assertThat(lines)
                .contains(
                        "msgstore.workers = 8  (application.properties)",
                        "msgstore.queue-size = 10000",
                        "msgstore.debug = true  (environment variable MSGSTORE_DEBUG)");
        assertThat(lines.stream().map(line -> line.split(" = ")[0]).filter(key -> key.startsWith("msgstore.")))
                .containsExactlyElementsOf(keys());
    }

    @ParameterizedTest
    @ValueSource(strings = {"SASL_PLAINTEXT", "SASL_SSL"})
    void kafkaWithSaslNeedsUserAndPassword(String protocol) throws Exception {
        system.setProperty("msgstore.kafka.security-protocol", protocol);
        String because = "must be set, because msgstore.kafka.security-protocol is " + protocol;
        assertThat(mistakes())
                .containsExactly(
                        "msgstore.kafka.sasl-username=(empty) (application.properties in the jar): " + because,
                        "msgstore.kafka.sasl-password=(empty) (application.properties in the jar): " + because);
        environment.put("MSGSTORE_KAFKA_SASL_PASSWORD", "s3cret");
        assertThat(mistakes())
                .containsExactly(
                        "msgstore.kafka.sasl-username=(empty) (application.properties in the jar): " + because);
        system.setProperty("msgstore.kafka.sasl-username", "msgstore");
        assertThat(load().text("msgstore.kafka.sasl-password")).isEqualTo("s3cret");
        assertThat(load().toString())
                .contains("msgstore.kafka.sasl-password = ***  (environment variable MSGSTORE_KAFKA_SASL_PASSWORD)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAINTEXT", "SSL"})
    void kafkaWithAUserNeedsSasl(String protocol) {
        system.setProperty("msgstore.kafka.security-protocol", protocol);
        system.setProperty("msgstore.kafka.sasl-username", "msgstore");
        system.setProperty("msgstore.kafka.sasl-password", "s3cret");
        assertThat(mistakes())
                .containsExactly("msgstore.kafka.security-protocol=" + protocol
                        + " (-Dmsgstore.kafka.security-protocol): must be SASL_PLAINTEXT or SASL_SSL, because"
                        + " msgstore.kafka.sasl-username is set");
    }

    @Test
    void saysWhatOfKafkasSecurityIsNotUsed() throws Exception {
        Files.writeString(directory.resolve("trust.pem"), "");
        config("msgstore.kafka.tls.truststore=trust.pem", "msgstore.kafka.sasl-password=s3cret");
        assertThat(load().warnings())
                .containsExactly(
                        "msgstore.kafka.sasl-password is ignored: msgstore.kafka.security-protocol is PLAINTEXT",
                        "msgstore.kafka.tls.truststore is ignored: msgstore.kafka.security-protocol is PLAINTEXT");
        system.setProperty("msgstore.kafka.security-protocol", "SSL");
        assertThat(load().warnings())
                .containsExactly("msgstore.kafka.sasl-password is ignored: msgstore.kafka.security-protocol is SSL");
    }

    @Test
    void descriptionShowsNoSecret() throws Exception {
        config(
                "msgstore.mqtt.password=s3cret",
                "msgstore.mqtt.tls.truststore-password=s3cret",
                "msgstore.mqtt.tls.keystore-password=s3cret",
                "msgstore.redis.password=s3cret",
                "msgstore.redis.tls.truststore-password=s3cret",
                "msgstore.redis.tls.keystore-password=s3cret",
                "msgstore.kafka.sasl-password=s3cret",
                "msgstore.kafka.tls.truststore-password=s3cret",
                "msgstore.kafka.tls.keystore-password=s3cret",
                "msgstore.db.password=s3cret",
                "msgstore.dsn=postgres://u:s3cret@h/db?ssl=true",
                "camel.component.kafka.sasl-password=s3cret",
                "my.api-key=s3cret",
                "my.url=redis://u:s3cret@h");
        Settings settings = load();

        assertThat(settings.toString())
                .doesNotContain("s3cret")
                .contains("msgstore.db.password = ***", "msgstore.dsn = postgres://u:***@h/db?ssl=true");
        assertThat(settings).asString().doesNotContain("s3cret");
        assertThat(settings.text("msgstore.db.password")).isEqualTo("s3cret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "msgstore.dsn -> mysql://u:s3cret@h/db",
                "msgstore.dsn -> postgres://u:a/s3cret@h/db",
                "msgstore.dsn -> postgres://u:1?s3cret@h/db",
                "msgstore.dsn -> postgres://u:100% s3cret@h/db",
                "msgstore.redis.url -> redis://u:s3cret@h",
                "msgstore.redis.url -> redis://:s3cret@h:6379/0",
                "msgstore.kafka.brokers -> u:s3cret@h:9092",
                "msgstore.mqtt.url -> tcp://u:s3cret@h",
                "msgstore.mqtt.url -> tcp://h,mqtt://u:s3cret@h",
            })
    void mistakesShowNoSecret(String key, String value) {
        system.setProperty(key, value);
        assertThat(mistakes()).singleElement().asString().contains("***").doesNotContain("s3cret");
    }

    @Test
    void aValueWithALineBreakStaysOnItsLine() {
        system.setProperty("msgstore.queue", "a\nb");
        assertThat(mistakes())
                .singleElement()
                .asString()
                .startsWith("msgstore.queue=a?b ")
                .hasLineCount(1);
    }

    private static List<String> keys() {
        return new Keys(List.of(new DeviceStore()))
                .all().stream().map(Key::name).toList();
    }

    private Settings load() throws BadConfiguration {
        return load(null);
    }

    private Settings load(Path file) throws BadConfiguration {
        return StoreModule.settings(file, directory, system, environment);
    }

    private List<String> mistakes() {
        return mistakes(null);
    }

    private List<String> mistakes(Path file) {
        return catchThrowableOfType(BadConfiguration.class, () -> load(file)).mistakes();
    }

    private void config(String... lines) throws IOException {
        Files.write(directory.resolve("application.properties"), Arrays.asList(lines));
    }

    private static List<String> documentation() throws IOException {
        return Files.readAllLines(Path.of("application.properties"));
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return System.getenv().getOrDefault("HOSTNAME", "localhost");
        }
    }
}
