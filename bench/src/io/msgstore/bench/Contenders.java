/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.msgstore.baseline.PlainCamel;
import io.msgstore.baseline.Straightforward;
import io.msgstore.devices.mqtt.BestByHand;
import io.msgstore.support.ChildJvm;
import io.msgstore.support.MsgstoreProcess;

/** Who takes part. All run with the same heap limit. */
final class Contenders {
    static final String MSGSTORE = "msgstore";
    static final String STRAIGHTFORWARD = "by-hand";
    static final String BEST = "by-hand-best";
    static final String TELEGRAF = "telegraf";
    static final String REDPANDA_CONNECT = "redpanda-connect";
    static final String PLAIN_CAMEL = "plain-camel";
    static final String KAFKA = "kafka";
    static final String MAPPED = "mapped";
    static final String REDIS_BY_HAND = "redis-by-hand";

    private static final String JAR = "jar";
    private static final String MAPPING = "load.yaml";
    static final String HEAP = "-Xmx256m";
    private static final List<String> QUEUES = List.of("memory", "redis", "kafka");
    private static final int[] WORKERS = {1, 2, 4};
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private Contenders() {}

    static List<Contender> all() {
        List<Contender> all = new ArrayList<>(List.of(
                new Msgstore(MSGSTORE, List.of(), Map.of()),
                new ByHand(STRAIGHTFORWARD, Straightforward.class, "acknowledged on receipt", 1),
                new ByHand(BEST, BestByHand.class, "acknowledged on receipt", 1),
                new Tool(
                        TELEGRAF,
                        List.of("--config", "bench/tools/telegraf.conf"),
                        "acknowledged after COPY, a batch that fails is tried again; history only, no last position, no"
                                + " conflict handling"),
                new Tool(
                        REDPANDA_CONNECT,
                        List.of("run", "bench/tools/redpanda-connect.yaml"),
                        "acknowledged after commit; the same SQL statement"),
                new ByHand(PLAIN_CAMEL, PlainCamel.class, "acknowledged when the route is done", 0.05),
                new Msgstore(MAPPED, List.of(), Map.of("msgstore.mapping", "load")),
                new Msgstore(KAFKA, List.of(), Map.of(QueueServer.QUEUE, "kafka")),
                new RedisAlone()));
        for (String queue : QUEUES) {
            for (int workers : WORKERS) {
                all.add(new Msgstore(
                        withWorkers(queue, workers),
                        List.of(),
                        Map.of(QueueServer.QUEUE, queue, "msgstore.workers", Integer.toString(workers))));
            }
        }
        return all;
    }

    /** Msgstore with these queues, with one, two and four workers each. */
    static String[] withWorkers(String... queues) {
        return Stream.of(queues)
                .flatMap(queue -> IntStream.of(WORKERS).mapToObj(workers -> withWorkers(queue, workers)))
                .toArray(String[]::new);
    }

    private static String withWorkers(String queue, int workers) {
        return queue + "-" + workers;
    }

    /** msgstore with other settings, JVM options, or from another jar, to be measured beside the one with the defaults. */
    static Contender variant(String settings) {
        List<String> jvmArguments = new ArrayList<>();
        Map<String, String> values = new LinkedHashMap<>();
        for (String setting : settings.split(",")) {
            if (setting.startsWith("-")) {
                jvmArguments.add(setting);
            } else {
                String[] pair = setting.split("=", 2);
                values.put(pair[0], pair[1]);
            }
        }
        return new Msgstore(settings, jvmArguments, values);
    }

    // for those whose settings name it
    private static void copyMapping(Path folder) {
        try {
            Files.copy(
                    Path.of("bench/tools", MAPPING),
                    Files.createDirectories(folder.resolve("mappings")).resolve(MAPPING),
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The hop without msgstore: {@link io.msgstore.baseline.RedisByHand}. */
    private record RedisAlone() implements Contender {
        @Override
        public String name() {
            return REDIS_BY_HAND;
        }

        @Override
        public String guarantee() {
            return "none: no answer to the sender, no reconnect";
        }

        @Override
        public Map<String, String> settings() {
            return Map.of(QueueServer.QUEUE, "redis", HopMain.BY_HAND, "true");
        }

        @Override
        public Running start(Rig rig, Scenario scenario, Path folder) {
            throw new UnsupportedOperationException("it is only the hop");
        }
    }

    /** @param options for the JVM beside the heap limit */
    private record Msgstore(String name, List<String> options, Map<String, String> settings) implements Contender {
        @Override
        public String guarantee() {
            String queue = settings.getOrDefault(QueueServer.QUEUE, "memory");
            return queue.equals("memory") ? "acknowledged after commit" : "acknowledged when " + queue + " has it";
        }

        @Override
        public List<String> jvmArguments() {
            return Stream.concat(Stream.of(HEAP), options.stream()).toList();
        }

        @Override
        public Running start(Rig rig, Scenario scenario, Path folder) {
            copyMapping(folder);
            MsgstoreProcess.Builder builder = MsgstoreProcess.in(folder)
                    .jvmArguments(jvmArguments())
                    .set("msgstore.mqtt.url", rig.brokerUrl())
                    .set("msgstore.mqtt.client-id", "bench")
                    .set("msgstore.dsn", rig.jdbcUrl());
            rig.queueSettings().forEach(builder::set);
            scenario.settings().forEach(builder::set);
            settings.forEach((key, value) -> {
                if (key.equals(JAR)) {
                    builder.jar(Path.of(value));
                } else {
                    builder.set(key, value);
                }
            });
            MsgstoreProcess process = builder.startAndAwaitReady();
            return new Running() {
                @Override
                public long pid() {
                    return process.pid();
                }

                @Override
                public OptionalLong queueLength() {
                    return OptionalLong.of((long) process.metric("msgstore_queue_len"));
                }

                @Override
                public boolean isIdle() {
                    double received = process.metric("msgstore_received_total");
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                    return process.metric("msgstore_in_flight") == 0
                            && process.metric("msgstore_received_total") == received;
                }

                @Override
                public void close() {
                    process.close();
                }
            };
        }
    }

    /** A main class that gets the addresses of broker and database and says "ready" when it has subscribed. */
    private record ByHand(String name, Class<?> main, String guarantee, double share) implements Contender {
        @Override
        public Running start(Rig rig, Scenario scenario, Path folder) {
            ChildJvm process = ChildJvm.ofClass(
                    main, List.of(HEAP), List.of(rig.brokerUrl(), rig.jdbcUrl()), folder.resolve("output.log"));
            try {
                process.awaitLine("ready", START_LIMIT);
            } catch (IllegalStateException e) {
                process.close();
                throw e;
            }
            return Running.of(process.pid(), process::close);
        }
    }
}
