/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

import io.msgstore.platform.embedded.Ports;

/** Three Redis, each the master of a third of all keys, without copies. */
public final class TestRedisCluster implements AutoCloseable {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final int NODES = 3;
    private static final int SLOTS = 16_384;
    // below those that clients get, so that 10,000 higher is a port as well
    private static final int FIRST_PORT = 10_000;
    private static final int LAST_PORT = 22_000;

    private final List<TestRedis> nodes = Stream.generate(() ->
                    TestRedis.builder().clusterNode(TestRedisCluster::lowPort).start())
            .limit(NODES)
            .toList();

    private TestRedisCluster() {
        for (int i = 0; i < NODES; i++) {
            try (Jedis node = new Jedis(nodes.get(i).address())) {
                node.clusterAddSlots(IntStream.range(SLOTS * i / NODES, SLOTS * (i + 1) / NODES)
                        .toArray());
                node.clusterMeet(OnFreePort.HOST, nodes.get(0).port());
            }
        }
        awaitComplete();
    }

    private static int lowPort() {
        return Ports.free(OnFreePort.HOST, ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT));
    }

    /** Starts three nodes, and waits until each knows the others. */
    public static TestRedisCluster running() {
        return new TestRedisCluster();
    }

    /** Waits until all nodes agree that all keys have a master; after a node was started again, say. */
    public void awaitComplete() {
        Awaitility.await("a complete cluster").atMost(LIMIT).until(() -> nodes.stream()
                .allMatch(TestRedisCluster::isComplete));
    }

    private static boolean isComplete(TestRedis node) {
        try (Jedis client = new Jedis(node.address())) {
            String info = client.clusterInfo();
            return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + NODES);
        }
    }

    public List<TestRedis> nodes() {
        return nodes;
    }

    public Set<HostAndPort> addresses() {
        return nodes.stream().map(TestRedis::address).collect(Collectors.toSet());
    }

    @Override
    public void close() {
        nodes.forEach(TestRedis::close);
    }
}
