/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.platform.accounting.Outcome;
import io.msgstore.support.Limits;
import io.msgstore.support.TestCertificate;
import io.msgstore.support.TestKafka;
import io.msgstore.support.TestRedis;
import io.msgstore.support.TestRedisCluster;
import io.msgstore.support.TestRedisSentinel;

import static org.assertj.core.api.Assertions.assertThat;

/** The ways in which Redis and Kafka are reached: passwords, TLS, Sentinels, a cluster. */
class QueueConnectionsIT {
    private static final Duration SOON = Limits.LIMIT;
    private static final int MESSAGES = 500;

    @TempDir
    private Path folder;

    private Hop.Builder redis(String url) {
        return Hop.of("redis", folder).set("msgstore.redis.url", url).set("msgstore.workers", 2);
    }

    private static void assertThatMessagesGetThrough(Hop.Builder builder) {
        try (Hop hop = builder.start()) {
            assertThatMessagesGetThrough(hop);
        }
    }

    private static void assertThatMessagesGetThrough(Hop hop) {
        hop.onArrival(Hop.Arrived::store);
        long before = hop.accounting().total(Outcome.STORED);
        IntStream.range(0, MESSAGES).forEach(i -> hop.send("d", i));
        Awaitility.await().atMost(SOON).until(() -> hop.accounting().total(Outcome.STORED) >= before + MESSAGES);
    }

    private static void assertThatItIsAway(Hop.Builder builder, String why) {
        try (Hop hop = builder.start()) {
            Awaitility.await().atMost(SOON).until(() -> hop.state().isAway());
            assertThat(hop.state().problem()).contains(why);
        }
    }

    @Test
    void redisAsksForAPassword() {
        try (TestRedis server = TestRedis.builder().password("se cret").start()) {
            assertThatMessagesGetThrough(redis(server.url()).set("msgstore.redis.password", "se cret"));
            assertThatMessagesGetThrough(redis(server.url() + "/3")
                    .set("msgstore.redis.username", "default")
                    .set("msgstore.redis.password", "se cret"));
            assertThatItIsAway(redis(server.url()).set("msgstore.redis.password", "secret"), "WRONGPASS");
            assertThatItIsAway(redis(server.url()), "NOAUTH");
        }
    }

    @Test
    void redisIsReachedOverTls() {
        try (TestRedis server = TestRedis.builder().tls().start()) {
            TestCertificate certificate = server.certificate();
            assertThatMessagesGetThrough(
                    redis(server.url()).set("msgstore.redis.tls.truststore", certificate.certificate()));
            assertThatMessagesGetThrough(redis(server.url())
                    .set("msgstore.redis.tls.truststore", certificate.trustStore())
                    .set("msgstore.redis.tls.truststore-password", TestCertificate.PASSWORD));
            assertThatItIsAway(redis(server.url()), "certificat");
            // the certificate is not for this name
            assertThatItIsAway(
                    redis(server.url().replace("127.0.0.1", "127.0.0.2"))
                            .set("msgstore.redis.tls.truststore", certificate.certificate()),
                    "127.0.0.2");
        }
    }

    @Test
    void sentinelsSayWhereRedisIs() throws Exception {
        try (TestRedisSentinel servers = TestRedisSentinel.running();
                Hop hop = redis("redis-sentinel://" + servers.address() + "/" + TestRedisSentinel.MASTER_NAME)
                        .start()) {
            assertThatMessagesGetThrough(hop);
            servers.master().kill9();
            servers.awaitFailover();
            assertThatMessagesGetThrough(hop);
        }
    }

    @Test
    void aClusterHasTheStreamOnOneOfItsNodes() {
        try (TestRedisCluster cluster = TestRedisCluster.running()) {
            String nodes = cluster.addresses().stream().map(Object::toString).collect(Collectors.joining(","));
            assertThatMessagesGetThrough(redis("redis-cluster://" + nodes));
        }
    }

    @Test
    void kafkaAsksForAPassword() {
        try (TestKafka server =
                TestKafka.builder().withUser("alice", "se\"c\\ret").start()) {
            Hop.Builder right = Hop.of("kafka", folder)
                    .set("msgstore.kafka.brokers", server.bootstrap())
                    .set("msgstore.kafka.security-protocol", "SASL_PLAINTEXT")
                    .set("msgstore.kafka.sasl-username", "alice")
                    .set("msgstore.kafka.sasl-password", "se\"c\\ret");
            assertThatMessagesGetThrough(right);
            assertThatItIsAway(
                    Hop.of("kafka", folder)
                            .set("msgstore.kafka.brokers", server.bootstrap())
                            .set("msgstore.kafka.security-protocol", "SASL_PLAINTEXT")
                            .set("msgstore.kafka.sasl-username", "alice")
                            .set("msgstore.kafka.sasl-password", "secret"),
                    "Authentication failed");
        }
    }

    @Test
    void kafkaMayHaveTopicsMadeByOthers() {
        try (TestKafka server = TestKafka.running()) {
            Hop.Builder builder = Hop.of("kafka", folder)
                    .set("msgstore.kafka.brokers", server.bootstrap())
                    .set("msgstore.queue.kafka.topic", "given")
                    .set("msgstore.queue.kafka.create-topic", false);
            try (Hop hop = builder.start()) {
                Awaitility.await().atMost(SOON).until(() -> hop.state().isAway());
                assertThat(hop.state().problem()).contains("topic");
                server.createTopic("given", 2);
                assertThatMessagesGetThrough(hop);
                // a look that began before the topic was there may still say so
                Awaitility.await().atMost(SOON).until(() -> !hop.state().isAway());
            }
        }
    }
}
