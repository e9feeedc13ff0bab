/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPooled;

import io.msgstore.devices.queue.QueueEntry;
import io.msgstore.support.TestRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How much is read at a time. */
class RedisStreamIT {
    private static final int LARGE = 100_000;
    private static final int NOW = 1;
    private static final RedisStream.Most MOST = RedisStream.Most.of(500, 3 * LARGE, LARGE);

    private static TestRedis redis;
    private static JedisPooled client;
    private RedisStream stream;

    @BeforeAll
    static void start() {
        redis = TestRedis.running();
        client = new JedisPooled(new HostAndPort("127.0.0.1", redis.port()));
    }

    @AfterAll
    static void stop() {
        client.close();
        redis.close();
    }

    @BeforeEach
    void empty() {
        client.flushAll();
        stream = new RedisStream(() -> client, "stream", "group");
        // the first one finds no group and makes it
        assertThat(stream.readNew("a", MOST, NOW)).isEmpty();
    }

    @Test
    void smallOnesUpToTheirNumberAndLargeOnesUpToTheirBytes() {
        add(100, 10);
        add(20, LARGE);
        List<QueueEntry> first = stream.readNew("a", new RedisStream.Most(60, 3 * LARGE, 3), NOW);
        assertThat(first).hasSize(60);
        List<QueueEntry> second = stream.removeAndReadNew("a", first, MOST, NOW);
        assertThat(bytes(second)).isBetween(3L * LARGE, 10L * LARGE);
        List<QueueEntry> third = stream.removeAndReadNew("a", second, MOST, NOW);
        assertThat(third).hasSize(3);
        assertThat(stream.readNew("a", RedisStream.Most.of(500, 1, LARGE), NOW)).hasSize(1);
    }

    @Test
    void noneIsLeftOutAndNoneGivenTwice() {
        IntStream.range(0, 40).forEach(i -> add(1, i % 3 == 0 ? LARGE : i));
        List<QueueEntry> read = stream.readNew("a", MOST, NOW);
        int all = 0;
        String last = "";
        while (!read.isEmpty()) {
            for (QueueEntry entry : read) {
                assertThat(entry.id()).isGreaterThan(last);
                last = entry.id();
            }
            all += read.size();
            read = stream.removeAndReadNew("a", read, MOST, NOW);
        }
        assertThat(all).isEqualTo(40);
        assertThat(stream.length()).isZero();
    }

    @Test
    void whatAConsumerHadIsReadInPartsToo() {
        add(12, LARGE);
        int had = 0;
        while (had < 12) {
            had += stream.readNew("a", MOST, NOW).size();
        }
        assertThat(stream.claim("b", 0, 500)).isEqualTo(12);
        List<QueueEntry> first = stream.readOwn("b", MOST);
        assertThat(first).hasSize(3);
        assertThat(stream.readOwn("a", MOST)).isEmpty();
        stream.remove(first);
        List<QueueEntry> second = stream.readOwn("b", MOST);
        assertThat(second.get(0).id()).isGreaterThan(first.get(first.size() - 1).id());
        assertThat(stream.length()).isEqualTo(12 - first.size());
    }

    @Test
    void whoWaitsGetsWhatComesThen() throws InterruptedException {
        Thread later = new Thread(() -> add(5, 10));
        later.start();
        int got = 0;
        while (got < 5) {
            got += stream.readNew("a", MOST, 10_000).size();
        }
        later.join();
        assertThat(got).isEqualTo(5);
    }

    @Test
    void takesNothingWhereRedisMayDeleteIt() {
        for (String policy : List.of("allkeys-lru", "volatile-ttl")) {
            client.configSet("maxmemory-policy", policy);
            try {
                assertThatThrownBy(() -> add(1, 10)).hasMessageContaining("its maxmemory-policy is " + policy);
                assertThatThrownBy(() -> stream.length()).hasMessageContaining("set it to noeviction");
            } finally {
                client.configSet("maxmemory-policy", "noeviction");
            }
        }
        add(1, 10);
        assertThat(stream.length()).isEqualTo(1);
    }

    private void add(int messages, int size) {
        byte[] message = new byte[size];
        Arrays.fill(message, (byte) 'x');
        stream.add(IntStream.range(0, messages).mapToObj(i -> message).toList(), 1_000_000);
    }

    private static long bytes(List<QueueEntry> entries) {
        return entries.stream().mapToLong(entry -> entry.bytes().length).sum();
    }
}
