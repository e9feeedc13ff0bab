/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A setting of msgstore. Its purpose and its default stand in {@code application.properties} and nowhere else.
 *
 * @param secret never shown, and taken as it is, spaces and all
 */
record Key(String name, Rule rule, boolean secret) {
    private static final int HOUR = 3_600_000;
    private static final int MIB = 1_048_576;

    /** Every setting there is, in the order of the flow. */
    static final List<Key> ALL = List.of(
            key("msgstore.mqtt.url", Rule.brokers()),
            key("msgstore.mqtt.topics", Rule.topicFilters()),
            key("msgstore.mqtt.qos", Rule.number(0, 2)),
            key("msgstore.mqtt.client-id", Rule.clientId()),
            key("msgstore.mqtt.username", Rule.mqttText()),
            secret("msgstore.mqtt.password"),
            key("msgstore.mqtt.tls.truststore", Rule.file().orEmpty()),
            secret("msgstore.mqtt.tls.truststore-password"),
            key("msgstore.mqtt.tls.keystore", Rule.file().orEmpty()),
            secret("msgstore.mqtt.tls.keystore-password"),
            key("msgstore.mqtt.consumers", Rule.number(1, 100)),
            key("msgstore.mqtt.share-group", Rule.shareGroup()),
            key("msgstore.mqtt.receive-maximum", Rule.number(1, 65_535).or("queue-size")),
            key("msgstore.mqtt.session-expiry", Rule.duration().or("never")),
            key("msgstore.ack", Rule.oneOf("on-commit", "on-enqueue")),
            key("msgstore.canary.interval", Rule.duration().or("0s")),
            key("msgstore.canary.timeout", Rule.duration()),
            key("msgstore.include-topics", Rule.topicFilters().orEmpty()),
            key("msgstore.exclude-topics", Rule.topicFilters().orEmpty()),
            key("msgstore.include-users", Rule.list()),
            key("msgstore.exclude-users", Rule.list()),
            key("msgstore.include-clients", Rule.list()),
            key("msgstore.exclude-clients", Rule.list()),
            key("msgstore.include-retained", Rule.flag()),
            key("msgstore.max-payload-bytes", Rule.number(1, 268_435_455)),
            key(
                    "msgstore.max-in-flight-bytes",
                    Rule.number(MIB, Integer.MAX_VALUE).orEmpty()),
            key("msgstore.mapping", Rule.names()),
            key("msgstore.queue", Rule.name()),
            key("msgstore.queue-size", Rule.number(1, 1_000_000_000)),
            key("msgstore.enqueue-mode", Rule.oneOf("drop", "block", "disconnect")),
            key("msgstore.enqueue-wait-ms", Rule.number(0, HOUR)),
            key("msgstore.queue.fallback", Rule.name().orEmpty()),
            key("msgstore.queue.drain", Rule.name().orEmpty()),
            key("msgstore.redis.url", Rule.redis()),
            key("msgstore.redis.username", Rule.anything()),
            secret("msgstore.redis.password"),
            key("msgstore.redis.tls.truststore", Rule.file().orEmpty()),
            secret("msgstore.redis.tls.truststore-password"),
            key("msgstore.redis.tls.keystore", Rule.file().orEmpty()),
            secret("msgstore.redis.tls.keystore-password"),
            key("msgstore.redis.key", Rule.redisKey()),
            key("msgstore.redis.group", Rule.redisKey()),
            key("msgstore.redis.claim-after", Rule.duration()),
            key("msgstore.kafka.brokers", Rule.kafkaBrokers()),
            key("msgstore.kafka.security-protocol", Rule.oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
            key("msgstore.kafka.sasl-mechanism", Rule.oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")),
            key("msgstore.kafka.sasl-username", Rule.anything()),
            secret("msgstore.kafka.sasl-password"),
            key("msgstore.kafka.tls.truststore", Rule.file().orEmpty()),
            secret("msgstore.kafka.tls.truststore-password"),
            key("msgstore.kafka.tls.keystore", Rule.file().orEmpty()),
            secret("msgstore.kafka.tls.keystore-password"),
            key("msgstore.queue.kafka.topic", Rule.kafkaName()),
            key("msgstore.queue.kafka.group", Rule.kafkaName()),
            key("msgstore.queue.kafka.create-topic", Rule.flag()),
            key("msgstore.queue.kafka.partitions", Rule.number(1, 10_000)),
            key("msgstore.queue.kafka.replication", Rule.number(1, 100).or("-1")),
            key("msgstore.workers", Rule.number(1, 256)),
            key("msgstore.batch-size", Rule.number(1, 100_000)),
            key("msgstore.batch-linger-ms", Rule.number(0, 60_000)),
            key("msgstore.write-mode", Rule.name()),
            key("msgstore.dsn", Rule.database()),
            key("msgstore.db.username", Rule.anything()),
            secret("msgstore.db.password"),
            key("msgstore.db.pool-size", Rule.number(1, 1000).orEmpty()),
            key("msgstore.db.migrate", Rule.flag()),
            key("msgstore.db-timeout-ms", Rule.number(1, HOUR)),
            key("msgstore.time-zone", Rule.timeZone().orEmpty()),
            key("msgstore.time.max-future", Rule.duration()),
            key("msgstore.notify", Rule.flag()),
            key("msgstore.retry-max", Rule.number(0, 1000)),
            key("msgstore.retry-backoff-ms", Rule.number(1, HOUR)),
            key("msgstore.retry-backoff-max-ms", Rule.number(1, HOUR)),
            key("msgstore.on-outage", Rule.oneOf("hold", "dead-letter")),
            key("msgstore.unknown-event", Rule.oneOf("dead-letter", "ignore")),
            key("msgstore.dead-letter.dir", Rule.folder()),
            key("msgstore.debug", Rule.flag()),
            key("msgstore.log-format", Rule.oneOf("text", "json")),
            key("msgstore.tracing", Rule.flag()),
            key("msgstore.stop-timeout", Rule.duration()),
            key("msgstore.http.port", Rule.port()),
            key("msgstore.http.host", Rule.notBlank("a host name or an IP address")),
            key("msgstore.http.username", Rule.httpUser()),
            secret("msgstore.http.password"),
            key("msgstore.http.jwt-key", Rule.publicKey().orEmpty()),
            key("msgstore.http.jwt-audience", Rule.anything()),
            key("msgstore.console", Rule.flag()),
            key("msgstore.embedded.mqtt-port", Rule.port()),
            key("msgstore.embedded.postgres-port", Rule.port()),
            key("msgstore.data-dir", Rule.folder()));

    private static Key key(String name, Rule rule) {
        return new Key(name, rule, false);
    }

    private static Key secret(String name) {
        return new Key(name, Rule.anything(), true);
    }

    static Optional<Key> named(String name) {
        return ALL.stream().filter(key -> key.name.equals(name)).findFirst();
    }

    /** The key that was probably meant by a name that is none. */
    static Optional<Key> like(String name) {
        String plain = plain(name);
        return ALL.stream()
                .filter(key -> distance(plain, plain(key.name)) <= 2)
                .min((a, b) -> distance(plain, plain(a.name)) - distance(plain, plain(b.name)))
                // mqtt.user, mqtt.pass
                .or(() -> ALL.stream()
                        .filter(key -> plain.length() > "msgstore".length()
                                && plain(key.name).startsWith(plain))
                        .findFirst());
    }

    /** The one of some names that a misspelt one was probably meant to be. */
    static Optional<String> nearest(String name, List<String> names) {
        String plain = plain(name);
        return names.stream()
                .filter(one -> distance(plain, plain(one)) <= 2)
                .min(Comparator.comparingInt(one -> distance(plain, plain(one))));
    }

    /** The name of the environment variable that sets it. */
    String variable() {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** The value as people may see it: on one line, without secrets. */
    String shown(String value) {
        if (value.isEmpty()) {
            return "";
        }
        return secret ? Secrets.MASK : Secrets.mask(value).replaceAll("\\p{Cntrl}", "?");
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[._-]", "");
    }

    /** How many letters must be put in, taken out or changed to get from one to the other. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(change, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
