/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.List;

import io.msgstore.platform.config.Findings;
import io.msgstore.platform.config.Key;
import io.msgstore.platform.config.Rule;
import io.msgstore.platform.config.Section;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.contract.MqttText;

/** The settings of the device store: its section of {@code application.properties}. */
abstract class DeviceStoreSection implements Section {
    private static final int HOUR = 3_600_000;
    private static final int MIB = 1_048_576;

    /** A message costs its bytes several times while it is written; the rest of the heap is for that. */
    private static final int HEAP_SHARE = 8;

    private static final List<Key> KEYS = List.of(
            Key.of("msgstore.mqtt.url", Rule.brokers()),
            Key.of("msgstore.mqtt.topics", Rule.topicFilters()),
            Key.of("msgstore.mqtt.qos", Rule.number(0, 2)),
            Key.of("msgstore.mqtt.client-id", Rule.clientId()),
            Key.of("msgstore.mqtt.username", Rule.mqttText()),
            Key.secret("msgstore.mqtt.password"),
            Key.of("msgstore.mqtt.tls.truststore", Rule.file().orEmpty()),
            Key.secret("msgstore.mqtt.tls.truststore-password"),
            Key.of("msgstore.mqtt.tls.keystore", Rule.file().orEmpty()),
            Key.secret("msgstore.mqtt.tls.keystore-password"),
            Key.of("msgstore.mqtt.consumers", Rule.number(1, 100)),
            Key.of("msgstore.mqtt.share-group", Rule.shareGroup()),
            Key.of("msgstore.mqtt.receive-maximum", Rule.number(1, 65_535).or("queue-size")),
            Key.of("msgstore.mqtt.session-expiry", Rule.duration().or("never")),
            Key.of("msgstore.ack", Rule.oneOf("on-commit", "on-enqueue")),
            Key.of("msgstore.canary.interval", Rule.duration().or("0s")),
            Key.of("msgstore.canary.timeout", Rule.duration()),
            Key.of("msgstore.include-topics", Rule.topicFilters().orEmpty()),
            Key.of("msgstore.exclude-topics", Rule.topicFilters().orEmpty()),
            Key.of("msgstore.include-users", Rule.list()),
            Key.of("msgstore.exclude-users", Rule.list()),
            Key.of("msgstore.include-clients", Rule.list()),
            Key.of("msgstore.exclude-clients", Rule.list()),
            Key.of("msgstore.include-retained", Rule.flag()),
            Key.of("msgstore.max-payload-bytes", Rule.number(1, 268_435_455)),
            Key.of(
                    "msgstore.max-in-flight-bytes",
                    Rule.number(MIB, Integer.MAX_VALUE).orEmpty()),
            Key.of("msgstore.mapping", Rule.names()),
            Key.of("msgstore.queue", Rule.name()),
            Key.of("msgstore.queue-size", Rule.number(1, 1_000_000_000)),
            Key.of("msgstore.enqueue-mode", Rule.oneOf("drop", "block", "disconnect")),
            Key.of("msgstore.enqueue-wait-ms", Rule.number(0, HOUR)),
            Key.of("msgstore.queue.fallback", Rule.name().orEmpty()),
            Key.of("msgstore.queue.drain", Rule.name().orEmpty()),
            Key.of("msgstore.redis.url", Rule.redis()),
            Key.of("msgstore.redis.username", Rule.anything()),
            Key.secret("msgstore.redis.password"),
            Key.of("msgstore.redis.tls.truststore", Rule.file().orEmpty()),
            Key.secret("msgstore.redis.tls.truststore-password"),
            Key.of("msgstore.redis.tls.keystore", Rule.file().orEmpty()),
            Key.secret("msgstore.redis.tls.keystore-password"),
            Key.of("msgstore.redis.key", Rule.redisKey()),
            Key.of("msgstore.redis.group", Rule.redisKey()),
            Key.of("msgstore.redis.claim-after", Rule.duration()),
            Key.of("msgstore.kafka.brokers", Rule.kafkaBrokers()),
            Key.of("msgstore.kafka.security-protocol", Rule.oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
            Key.of("msgstore.kafka.sasl-mechanism", Rule.oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")),
            Key.of("msgstore.kafka.sasl-username", Rule.anything()),
            Key.secret("msgstore.kafka.sasl-password"),
            Key.of("msgstore.kafka.tls.truststore", Rule.file().orEmpty()),
            Key.secret("msgstore.kafka.tls.truststore-password"),
            Key.of("msgstore.kafka.tls.keystore", Rule.file().orEmpty()),
            Key.secret("msgstore.kafka.tls.keystore-password"),
            Key.of("msgstore.queue.kafka.topic", Rule.kafkaName()),
            Key.of("msgstore.queue.kafka.group", Rule.kafkaName()),
            Key.of("msgstore.queue.kafka.create-topic", Rule.flag()),
            Key.of("msgstore.queue.kafka.partitions", Rule.number(1, 10_000)),
            Key.of("msgstore.queue.kafka.replication", Rule.number(1, 100).or("-1")),
            Key.of("msgstore.workers", Rule.number(1, 256)),
            Key.of("msgstore.batch-size", Rule.number(1, 100_000)),
            Key.of("msgstore.batch-linger-ms", Rule.number(0, 60_000)),
            Key.of("msgstore.write-mode", Rule.name()),
            Key.of("msgstore.time-zone", Rule.timeZone().orEmpty()),
            Key.of("msgstore.time.max-future", Rule.duration()),
            Key.of("msgstore.notify", Rule.flag()),
            Key.of("msgstore.retry-max", Rule.number(0, 1000)),
            Key.of("msgstore.retry-backoff-ms", Rule.number(1, HOUR)),
            Key.of("msgstore.retry-backoff-max-ms", Rule.number(1, HOUR)),
            Key.of("msgstore.on-outage", Rule.oneOf("hold", "dead-letter")),
            Key.of("msgstore.unknown-event", Rule.oneOf("dead-letter", "ignore")),
            Key.of("msgstore.dead-letter.dir", Rule.folder()));

    @Override
    public List<Key> keys() {
        return KEYS;
    }

    @Override
    public void check(Findings findings) {
        Settings settings = findings.settings();
        if (findings.isRight("msgstore.retry-backoff")
                && settings.number("msgstore.retry-backoff-ms") > settings.number("msgstore.retry-backoff-max-ms")) {
            findings.mistake(
                    "msgstore.retry-backoff-ms",
                    "at most msgstore.retry-backoff-max-ms, which is "
                            + settings.text("msgstore.retry-backoff-max-ms"));
        }
        checkQueue(findings);
        if (findings.isRight("msgstore.kafka.")) {
            checkKafka(findings);
        }
        if (settings.text("msgstore.mqtt.url").matches("(embedded|tcp:|ws:).*")) {
            findings.ignored("msgstore.mqtt.tls.truststore", "msgstore.mqtt.url has no TLS (ssl:// or wss://)");
            findings.ignored("msgstore.mqtt.tls.keystore", "msgstore.mqtt.url has no TLS (ssl:// or wss://)");
        }
    }

    private static void checkQueue(Findings findings) {
        Settings settings = findings.settings();
        boolean memory = settings.text("msgstore.queue").equals("memory");
        if (memory && settings.optional("msgstore.queue.fallback").isPresent()) {
            findings.warn("msgstore.queue.fallback is ignored: the queue in memory is never away");
        } else if (settings.optional("msgstore.queue.fallback").isPresent()
                && !settings.text("msgstore.ack").equals("on-commit")) {
            // what takes over could lose what the broker believes to be safe
            findings.mistake(
                    "msgstore.queue.fallback", "empty, because msgstore.ack is " + settings.text("msgstore.ack"));
        }
        String drained = settings.text("msgstore.queue.drain");
        if (drained.equals("memory")) {
            findings.mistake("msgstore.queue.drain", "a queue that outlives the process, or empty");
        } else if (!drained.isEmpty() && drained.equals(settings.text("msgstore.queue"))) {
            findings.mistake("msgstore.queue.drain", "another queue than msgstore.queue, or empty");
        }
        if (!memory && settings.text("msgstore.enqueue-mode").equals("drop")) {
            findings.warn(
                    "msgstore.enqueue-mode=drop with msgstore.queue=" + settings.text("msgstore.queue")
                            + ": when the queue holds msgstore.queue-size messages ("
                            + settings.text("msgstore.queue-size")
                            + "), as in a long outage of the database, new ones are lost; disconnect leaves them with the broker");
        }
    }

    private static void checkKafka(Findings findings) {
        Settings settings = findings.settings();
        String protocol = settings.text("msgstore.kafka.security-protocol");
        if (protocol.startsWith("SASL_")) {
            for (String name : List.of("msgstore.kafka.sasl-username", "msgstore.kafka.sasl-password")) {
                if (settings.optional(name).isEmpty()) {
                    findings.mistake(name, "set, because msgstore.kafka.security-protocol is " + protocol);
                }
            }
        } else if (settings.optional("msgstore.kafka.sasl-username").isPresent()) {
            findings.mistake(
                    "msgstore.kafka.security-protocol",
                    "SASL_PLAINTEXT or SASL_SSL, because msgstore.kafka.sasl-username is set");
        } else {
            findings.ignored("msgstore.kafka.sasl-password", "msgstore.kafka.security-protocol is " + protocol);
        }
        if (!protocol.endsWith("SSL")) {
            findings.ignored("msgstore.kafka.tls.truststore", "msgstore.kafka.security-protocol is " + protocol);
            findings.ignored("msgstore.kafka.tls.keystore", "msgstore.kafka.security-protocol is " + protocol);
        }
    }

    @Override
    public void complete(Values values) {
        Settings settings = values.settings();
        String clientId = settings.text("msgstore.mqtt.client-id");
        if (clientId.contains("<host>")) {
            values.put("msgstore.mqtt.client-id", clientId.replace("<host>", values.host()));
        }
        if (settings.text("msgstore.mqtt.receive-maximum").equals("queue-size")) {
            values.put(
                    "msgstore.mqtt.receive-maximum",
                    String.valueOf(Math.min(settings.number("msgstore.queue-size"), MqttText.MAX_BYTES)));
        }
        if (settings.text("msgstore.max-in-flight-bytes").isEmpty()) {
            long share = Math.max(MIB, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
            values.put("msgstore.max-in-flight-bytes", String.valueOf(Math.min(Integer.MAX_VALUE, share)));
        }
        if (settings.number("msgstore.max-payload-bytes") > settings.number("msgstore.max-in-flight-bytes")) {
            values.warn("msgstore.max-payload-bytes=" + settings.text("msgstore.max-payload-bytes")
                    + " is above msgstore.max-in-flight-bytes (" + settings.text("msgstore.max-in-flight-bytes")
                    + "): a message above that is too-large; a larger heap (-Xmx) allows for more");
        }
        if (settings.text("msgstore.db.pool-size").isEmpty()) {
            int queues = settings.optional("msgstore.queue.drain").isPresent() ? 2 : 1;
            values.put("msgstore.db.pool-size", String.valueOf(queues * settings.number("msgstore.workers") + 2));
        }
    }
}
