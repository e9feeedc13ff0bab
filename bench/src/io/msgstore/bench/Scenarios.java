/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is measured. */
final class Scenarios {
    // where messages come slowly, and there is no point in waiting for the last bit of speed
    private static final int SHORT_WARM_UP = 300_000;

    private Scenarios() {}

    static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        all.add(new Scenario("full-speed", "as fast as it goes, broker window 1,000")
                .among(
                        Contenders.MSGSTORE,
                        Contenders.STRAIGHTFORWARD,
                        Contenders.BEST,
                        Contenders.TELEGRAF,
                        Contenders.REDPANDA_CONNECT,
                        Contenders.PLAIN_CAMEL));
        all.add(new Scenario("mapping", "as fast as it goes, each message mapped by jq, and not")
                .among(Contenders.MSGSTORE, Contenders.MAPPED));
        all.add(new Scenario("window-20", "as fast as it goes, the broker's default window of 20, one connection")
                .window(0)
                .warmUp(SHORT_WARM_UP)
                .among(Contenders.MSGSTORE, Contenders.STRAIGHTFORWARD, Contenders.BEST));
        for (int connections : new int[] {2, 4}) {
            all.add(new Scenario(
                            "window-20-connections-" + connections,
                            "the same with " + connections + " connections in a shared subscription")
                    .window(0)
                    .warmUp(SHORT_WARM_UP)
                    .settings(Map.of("msgstore.mqtt.consumers", Integer.toString(connections))));
        }
        for (int rate : new int[] {1000, 3000, 5000}) {
            all.add(new Scenario("steady-" + rate, rate + " messages a second for 30 s")
                    .steady(rate, 30)
                    .among(Contenders.MSGSTORE, Contenders.STRAIGHTFORWARD, Contenders.BEST));
        }
        all.add(new Scenario("endurance", "5,000 messages a second for 10 minutes").steady(5000, 600));
        all.add(new Scenario("start-up", "one message waits at the broker")
                .messages(1)
                .warmUp(0));
        all.add(new Scenario("burst", "50,000 at once, then silence")
                .messages(50_000)
                .measuringLatencies());
        for (String mode : new String[] {"drop", "block", "disconnect"}) {
            all.add(new Scenario(
                            "full-queue-" + mode,
                            "a statement takes a second longer, and the queue of 2,000 with the policy " + mode
                                    + " is smaller than the receive maximum of 10,000")
                    .messages(50_000)
                    .slowDatabase(1000)
                    .window(10_000)
                    .settings(Map.of(
                            "msgstore.enqueue-mode", mode,
                            "msgstore.db-timeout-ms", "10000",
                            "msgstore.queue-size", "2000",
                            "msgstore.mqtt.receive-maximum", "10000")));
        }
        all.add(new Scenario("on-enqueue", "acknowledged when queued, not when committed")
                .settings(Map.of("msgstore.ack", "on-enqueue")));
        for (int every : new int[] {10, 1000}) {
            String bad = "one message in " + every + " can't be stored; rows of the others, ";
            all.add(new Scenario("bad-" + every, bad + "as fast as it goes").badEvery(every));
            all.add(new Scenario("bad-" + every + "-steady-3000", bad + "3,000 messages a second for 30 s")
                    .steady(3000, 30)
                    .badEvery(every));
        }
        all.add(new Scenario("devices-1k", "1,000 devices").devices(1000));
        all.add(new Scenario("devices-100k", "100,000 devices").devices(100_000));
        all.add(new Scenario("rows-1m", "1 million rows in the table before").rowsBefore(1_000_000));
        all.add(new Scenario("rows-10m", "10 million rows in the table before").rowsBefore(10_000_000));
        all.add(new Scenario("payload-2k", "2 KB a message").padding(1850).messages(150_000));
        all.add(new Scenario("payload-20k", "20 KB a message").padding(20_000).messages(20_000));
        for (int size : new int[] {50, 200, 500, 2000}) {
            for (int linger : new int[] {5, 20, 100}) {
                all.add(new Scenario(
                                "batch-" + size + "-linger-" + linger,
                                "batches of " + size + ", linger " + linger + " ms")
                        .settings(Map.of(
                                "msgstore.batch-size", Integer.toString(size),
                                "msgstore.batch-linger-ms", Integer.toString(linger))));
            }
        }
        hop(all);
        for (int warmUp : new int[] {0, 1_000_000}) {
            all.add(new Scenario(
                            "backlog" + (warmUp > 0 ? "-warm" : ""),
                            "1,000,000 messages wait in Kafka when it starts"
                                    + (warmUp > 0 ? ", behind as many that warm it up" : ""))
                    .of(Scenario.Kind.BACKLOG)
                    .messages(1_000_000)
                    .warmUp(warmUp)
                    .among(Contenders.KAFKA));
        }
        return all;
    }

    private static void hop(List<Scenario> all) {
        all.add(new Scenario("hop-full-speed", "from enqueue to dispatch alone, as fast as it goes, 10,000 in flight")
                .of(Scenario.Kind.HOP)
                .among(Contenders.withWorkers("memory", "redis", "kafka")));
        all.add(new Scenario("hop-steady-10000", "from enqueue to dispatch alone, 10,000 messages a second for 30 s")
                .of(Scenario.Kind.HOP)
                .steady(10_000, 30)
                .among(Contenders.withWorkers("memory")));
        all.add(new Scenario("hop-steady-5000", "from enqueue to dispatch alone, 5,000 messages a second for 30 s")
                .of(Scenario.Kind.HOP)
                .steady(5000, 30)
                .among(Stream.concat(
                                Stream.of(Contenders.withWorkers("redis", "kafka")),
                                Stream.of(Contenders.REDIS_BY_HAND))
                        .toArray(String[]::new)));
    }
}
