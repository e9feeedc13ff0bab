/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.sql.Connection;
import java.util.List;

import redis.clients.jedis.JedisPooled;

import io.msgstore.support.TestKafka;
import io.msgstore.support.TestRedis;

/** The faults of queues that outlive the process, at 3,000 messages a second. */
final class QueueFaults {
    private static final int RATE = 3000;
    private static final String KEY = "faults";

    private QueueFaults() {}

    /** A server of a queue, with the settings for it. */
    private interface Server {
        void kill9();

        void start();
    }

    private interface Queue {
        Server prepare(Scene scene);
    }

    static List<Fault> all() {
        return List.of(
                killed("redis", QueueFaults::redis),
                killedWithABacklog("redis", QueueFaults::redis),
                instanceKilled("redis", QueueFaults::redis),
                serverKilled("redis", "Redis is killed; has its append-only file", QueueFaults::redis)
                        .alsoInBrief(),
                redisWithoutPersistence(),
                killed("kafka", QueueFaults::kafka),
                killedWithABacklog("kafka", QueueFaults::kafka),
                instanceKilled("kafka", QueueFaults::kafka).alsoInBrief(),
                serverKilled("kafka", "the broker of Kafka is killed", QueueFaults::kafka));
    }

    private static Fault fault(String name, String does, Queue queue, Step step) {
        Server[] server = new Server[1];
        return new Fault(name, does, scene -> step.on(scene, server[0]))
                .preparedBy(scene -> server[0] = queue.prepare(scene))
                .at(RATE);
    }

    private interface Step {
        void on(Scene scene, Server server) throws Exception;
    }

    private static Server redis(Scene scene) {
        return redis(scene, TestRedis.running());
    }

    private static Server redis(Scene scene, TestRedis redis) {
        durable(scene, redis, "redis");
        scene.keep("msgstore.redis.url", redis.url());
        scene.keep("msgstore.redis.key", KEY);
        scene.keep("msgstore.redis.claim-after", "3s");
        return new Server() {
            @Override
            public void kill9() {
                redis.kill9();
            }

            @Override
            public void start() {
                redis.start();
            }
        };
    }

    private static Server kafka(Scene scene) {
        TestKafka kafka = TestKafka.running();
        durable(scene, kafka, "kafka");
        scene.keep("msgstore.kafka.brokers", kafka.bootstrap());
        return new Server() {
            @Override
            public void kill9() {
                kafka.kill9();
            }

            @Override
            public void start() {
                kafka.start();
            }
        };
    }

    private static void durable(Scene scene, AutoCloseable server, String queue) {
        scene.own(server);
        scene.keep("msgstore.queue", queue);
        scene.keep("msgstore.queue-size", 1_000_000);
        scene.keep("msgstore.enqueue-mode", "disconnect");
    }

    private static Fault killed(String name, Queue queue) {
        return fault(name + ": kill -9", "msgstore is killed at a random moment", queue, (scene, server) -> {
            scene.last(scene.random.nextDouble());
            scene.killAndRestart();
        });
    }

    private static Fault killedWithABacklog(String name, Queue queue) {
        return fault(
                name + ": kill -9, backlog",
                "killed while the database takes nothing and the queue has thousands",
                queue,
                (scene, server) -> {
                    try (Connection lock = scene.lockPositions()) {
                        scene.awaitMetric("msgstore_queue_len", 2 * RATE);
                        scene.msgstore().kill9();
                    }
                    scene.restart();
                });
    }

    private static Fault instanceKilled(String name, Queue queue) {
        return fault(
                name + ": one of two killed",
                "two instances share the subscription and the queue; one is killed and does not come back",
                scene -> {
                    scene.keep("msgstore.mqtt.share-group", scene.clientId);
                    Server server = queue.prepare(scene);
                    scene.startSecond();
                    return server;
                },
                (scene, server) -> {
                    scene.last(1 + scene.random.nextDouble());
                    double bySecond = scene.second().metric("msgstore_write_ok_total");
                    if (bySecond == 0) {
                        throw new IllegalStateException("the second instance has stored nothing");
                    }
                    scene.second().kill9();
                });
    }

    private static Fault serverKilled(String name, String does, Queue queue) {
        return fault(name + ": server killed", does, queue, (scene, server) -> {
            server.kill9();
            scene.last();
            server.start();
        });
    }

    private static Fault redisWithoutPersistence() {
        return fault(
                        "redis: without persistence",
                        "Redis is killed with a backlog, and has forgotten everything",
                        scene -> redis(
                                scene, TestRedis.builder().withoutPersistence().start()),
                        (scene, server) -> {
                            try (Connection lock = scene.lockPositions()) {
                                scene.awaitMetric("msgstore_queue_len", RATE);
                                // nothing more comes, so that it is known what Redis has
                                scene.brokerNetwork.cut();
                                scene.mayBeLost(settled(scene));
                                server.kill9();
                            }
                            server.start();
                            scene.brokerNetwork.mend();
                        })
                .whichIsForgottenBy("Redis");
    }

    // what was on its way when the network was cut has arrived when two looks see the same
    private static long settled(Scene scene) {
        try (JedisPooled redis = new JedisPooled(scene.setting("msgstore.redis.url"))) {
            long before;
            long length = redis.xlen(KEY);
            do {
                before = length;
                scene.last(0.5);
                length = redis.xlen(KEY);
            } while (length != before);
            return length;
        }
    }
}
