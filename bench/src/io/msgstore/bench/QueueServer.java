/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.Map;
import java.util.Optional;

import org.apache.kafka.common.utils.AppInfoParser;
import redis.clients.jedis.JedisPooled;

import io.msgstore.support.TestKafka;
import io.msgstore.support.TestRedis;

/**
 * The Redis or Kafka of one trial, for a contender that queues there.
 *
 * @param about what it is, for the report
 * @param settings that lead msgstore to it
 */
record QueueServer(String about, long pid, Map<String, String> settings, Runnable end) implements AutoCloseable {
    static final String QUEUE = "msgstore.queue";
    static final String BROKERS = "msgstore.kafka.brokers";
    private static final String URL = "msgstore.redis.url";

    /** A new and empty one, where these settings of msgstore ask for one and don't say where it is. */
    static Optional<QueueServer> startFor(Map<String, String> settings) {
        return switch (settings.getOrDefault(QUEUE, "memory")) {
            case "redis" -> settings.containsKey(URL) ? Optional.empty() : Optional.of(redis());
            case "kafka" -> settings.containsKey(BROKERS) ? Optional.empty() : Optional.of(kafka());
            default -> Optional.empty();
        };
    }

    private static QueueServer redis() {
        TestRedis redis = TestRedis.builder().set("appendfsync", "everysec").start();
        String version;
        try (JedisPooled client = new JedisPooled(redis.address(), redis.clientConfig())) {
            version = client.info("server")
                    .lines()
                    .filter(line -> line.startsWith("redis_version:"))
                    .map(line -> line.substring(line.indexOf(':') + 1))
                    .findFirst()
                    .orElse("");
        }
        return new QueueServer(
                "Redis " + version + ", appendonly yes, appendfsync everysec",
                redis.pid(),
                Map.of(URL, redis.url()),
                redis::close);
    }

    private static QueueServer kafka() {
        // as its own start script says
        TestKafka kafka = TestKafka.builder().jvmArguments("-Xmx1g", "-Xms1g").start();
        return new QueueServer(
                "Kafka " + AppInfoParser.getVersion() + ", one node, its defaults",
                kafka.pid(),
                Map.of(BROKERS, kafka.bootstrap()),
                kafka::close);
    }

    @Override
    public void close() {
        end.run();
    }
}
