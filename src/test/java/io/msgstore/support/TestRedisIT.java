/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.JedisSentineled;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.XAddParams;
import redis.clients.jedis.resps.StreamEntry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TestRedisIT {
    private static final String STREAM = "stream";

    @Test
    void whatWasAnsweredIsThereAfterAKill() {
        try (TestRedis redis = TestRedis.running()) {
            int port = redis.port();
            add(redis, 1000);
            redis.kill9();
            assertThatThrownBy(() -> entries(redis)).isInstanceOf(JedisConnectionException.class);

            redis.start();

            assertThat(redis.port()).isEqualTo(port);
            assertThat(entries(redis)).hasSize(1000);

            redis.restart();

            assertThat(entries(redis)).hasSize(1000);
        }
    }

    @Test
    void withoutPersistenceItForgets() {
        try (TestRedis redis = TestRedis.builder().withoutPersistence().start()) {
            add(redis, 10);
            assertThat(entries(redis)).hasSize(10);

            redis.restart();

            assertThat(entries(redis)).isEmpty();
        }
    }

    @Test
    void severalRunAtOnce() {
        try (TestRedis one = TestRedis.running();
                TestRedis other = TestRedis.running()) {
            add(one, 1);

            assertThat(entries(one)).hasSize(1);
            assertThat(entries(other)).isEmpty();
        }
    }

    @Test
    void onlyWhoKnowsThePasswordGetsIn() {
        try (TestRedis redis = TestRedis.builder().password("a \"b\\c").start()) {
            try (Jedis without = new Jedis(redis.address())) {
                assertThatThrownBy(without::ping)
                        .isInstanceOf(JedisDataException.class)
                        .hasMessageContaining("NOAUTH");
            }
            assertThatThrownBy(() -> new Jedis(
                            redis.address(),
                            DefaultJedisClientConfig.builder().password("guess").build()))
                    .hasMessageContaining("WRONGPASS");

            add(redis, 1);

            assertThat(entries(redis)).hasSize(1);
        }
    }

    @Test
    void speaksTlsToWhomTrustsIt() {
        try (TestRedis redis = TestRedis.builder().tls().password("secret").start()) {
            assertThat(redis.url()).isEqualTo("rediss://127.0.0.1:" + redis.port());
            assertThatThrownBy(() -> new Jedis(
                                    redis.address(),
                                    DefaultJedisClientConfig.builder().ssl(true).build())
                            .ping())
                    .isInstanceOf(JedisConnectionException.class);
            assertThatThrownBy(() -> new Jedis(redis.address()).ping()).isInstanceOf(JedisConnectionException.class);

            add(redis, 1);

            assertThat(entries(redis)).hasSize(1);
        }
    }

    @Test
    void sentinelMakesTheCopyTheMaster() {
        try (TestRedisSentinel redis = TestRedisSentinel.running();
                JedisSentineled client = JedisSentineled.builder()
                        .masterName(TestRedisSentinel.MASTER_NAME)
                        .sentinels(Set.of(redis.address()))
                        .build()) {
            client.set("key", "before");
            try (Jedis master = new Jedis(redis.master().address())) {
                assertThat(master.waitReplicas(1, 10_000)).isEqualTo(1);
            }

            redis.master().kill9();
            redis.awaitFailover();

            try (Jedis copy = new Jedis(redis.replica().address())) {
                assertThat(copy.get("key")).isEqualTo("before");
                assertThat(copy.set("key", "after")).isEqualTo("OK");
            }
        }
    }

    @Test
    void aCopyEndsInGoodOrderEvenWhileItWritesItsFirstFile() {
        try (TestRedis master = TestRedis.running();
                TestRedis copy = TestRedis.builder()
                        .set("replicaof", "127.0.0.1 " + master.port())
                        .start()) {
            add(master, 1000);
            try (Jedis client = new Jedis(copy.address())) {
                Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> client.info("replication")
                        .contains("master_link_status:up"));
            }

            copy.restart();

            assertThat(entries(copy)).hasSize(1000);
        }
    }

    @Test
    void theNodesOfAClusterShareTheKeys() {
        try (TestRedisCluster cluster = TestRedisCluster.running();
                JedisCluster client = new JedisCluster(cluster.addresses())) {
            List<String> keys = IntStream.range(0, 100).mapToObj(i -> "key" + i).toList();
            keys.forEach(key -> client.set(key, key));
            for (TestRedis node : cluster.nodes()) {
                try (Jedis own = new Jedis(node.address())) {
                    assertThat(own.dbSize()).isBetween(1L, 99L);
                }
            }

            cluster.nodes().get(1).kill9();
            cluster.nodes().get(1).start();
            cluster.awaitComplete();

            assertThat(keys).allSatisfy(key -> assertThat(client.get(key)).isEqualTo(key));
        }
    }

    private static void add(TestRedis redis, int entries) {
        try (Jedis client = new Jedis(redis.address(), redis.clientConfig())) {
            for (int i = 0; i < entries; i++) {
                client.xadd(STREAM, Map.of("number", Integer.toString(i)), XAddParams.xAddParams());
            }
        }
    }

    private static List<StreamEntry> entries(TestRedis redis) {
        try (Jedis client = new Jedis(redis.address(), redis.clientConfig())) {
            return client.xrange(STREAM, (StreamEntryID) null, (StreamEntryID) null);
        }
    }
}
