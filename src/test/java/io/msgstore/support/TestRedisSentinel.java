/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.awaitility.Awaitility;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/**
 * A Redis, a copy of it and one Sentinel, each a process: when the master is gone for a second, Sentinel makes the copy the
 * master.
 */
public final class TestRedisSentinel implements AutoCloseable {
    /** What Sentinel calls the master. */
    public static final String MASTER_NAME = "queue";

    private static final Duration LIMIT = Limits.LIMIT;
    private static final String CONFIGURATION = "sentinel.conf";

    private final Path folder = Folders.temporary("sentinel");
    private final TestRedis master = TestRedis.running();
    private final TestRedis replica = TestRedis.builder()
            .set("replicaof", OnFreePort.HOST + " " + master.port())
            .start();
    private final int port;
    private ChildProcess sentinel;

    private TestRedisSentinel() {
        port = OnFreePort.start(OnFreePort::any, candidate -> {
            configure(candidate);
            sentinel = RedisProgram.start(folder, "+monitor master", CONFIGURATION, "--sentinel");
        });
        Awaitility.await("a copy that Sentinel knows").atMost(LIMIT).until(this::knowsReplica);
    }

    /** Starts the three, and waits until the copy is one that could take over. */
    public static TestRedisSentinel running() {
        return new TestRedisSentinel();
    }

    private void configure(int listening) {
        try {
            Files.writeString(folder.resolve(CONFIGURATION), """
                    bind %s
                    port %d
                    dir %s
                    sentinel monitor %s %s %d 1
                    sentinel down-after-milliseconds %s 1000
                    sentinel failover-timeout %s 5000
                    """.formatted(
                            OnFreePort.HOST,
                            listening,
                            folder,
                            MASTER_NAME,
                            OnFreePort.HOST,
                            master.port(),
                            MASTER_NAME,
                            MASTER_NAME));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean knowsReplica() {
        try (Jedis client = new Jedis(address())) {
            return client.sentinelReplicas(MASTER_NAME).stream().anyMatch(TestRedisSentinel::isInStep);
        }
    }

    private static boolean isInStep(Map<String, String> replica) {
        return "slave".equals(replica.get("flags")) && "ok".equals(replica.get("master-link-status"));
    }

    /** Waits until Sentinel names the copy as the master. */
    public void awaitFailover() {
        try (Jedis client = new Jedis(address())) {
            Awaitility.await("failover").atMost(LIMIT).until(() -> client.sentinelGetMasterAddrByName(MASTER_NAME)
                    .get(1)
                    .equals(Integer.toString(replica.port())));
        }
    }

    /** Where Sentinel listens. */
    public HostAndPort address() {
        return new HostAndPort(OnFreePort.HOST, port);
    }

    /** The one that is the master at first. */
    public TestRedis master() {
        return master;
    }

    /** The one that is the copy at first. */
    public TestRedis replica() {
        return replica;
    }

    @Override
    public void close() {
        sentinel.close();
        replica.close();
        master.close();
        Folders.delete(folder);
    }
}
