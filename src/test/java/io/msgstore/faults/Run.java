/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

import io.msgstore.bench.load.LoadPublisher;

/**
 * One run of one fault: a steady load, the fault in the middle of it, and the reckoning.
 *
 * @param reckoning what became of each message
 * @param recoverySeconds from the end of the fault until publishers got on as before and the tables held every message that
 *     the broker had taken a second before; infinite when that was not within two minutes, as when messages are lost
 * @param samples how often msgstore was asked for its accounts; at each time all of them must add up
 * @param unbalanced samples in which they did not
 */
record Run(Reckoning reckoning, double recoverySeconds, long samples, long unbalanced) {
    private static final int DEVICES = 200;
    private static final int COMMAND_EVERY = 10;
    private static final int BAD_EVERY = 997;
    private static final long LAG_NANOS = 1_000_000_000L;
    private static final String ARRIVED = "select (select count(*) from gps_position_histories)"
            + " + (select count(*) from client_cmd_events) + (select count(*) from dead_letters)";
    private static final String NEWEST =
            "select greatest((select max((extra ->> 'n')::int) from gps_position_histories),"
                    + " (select max((extra ->> 'n')::int) from client_cmd_events))";

    /** Messages that the publisher had acknowledged at a time. */
    private record Taken(long nanos, long messages) {}

    static Run of(Fault fault, Scene scene, int rate) throws Exception {
        fault.prepare().on(scene);
        scene.start();
        LoadPublisher publisher = fault.load()
                .apply(LoadPublisher.to(scene.broker.url())
                        .prefix(scene.clientId)
                        .devices(DEVICES)
                        .commandEvery(COMMAND_EVERY)
                        .badEvery(BAD_EVERY)
                        .messages(Integer.MAX_VALUE / 2)
                        .rate(rate)
                        .numbered());
        try (Sampler sampler = new Sampler(scene);
                LoadPublisher.Running load = publisher.start()) {
            scene.load(load);
            Awaitility.await("the load").atMost(Scene.LIMIT).until(() -> load.acknowledged() >= 2L * rate);
            fault.inject().on(scene);
            double recovery = recovery(fault, scene, load, rate);
            long more = load.acknowledged() + rate;
            Awaitility.await("the load after the fault").atMost(Scene.LIMIT).until(() -> load.acknowledged() >= more);
            load.finish();
            load.await(Scene.LIMIT);
            awaitDrained(scene, load.published());
            Reckoning reckoning = Reckoning.of(
                    publisher,
                    load.published(),
                    scene.postgres,
                    scene.spool(),
                    scene.setting("msgstore.on-outage").equals("dead-letter"));
            return new Run(reckoning, recovery, sampler.samples(), sampler.unbalanced());
        }
    }

    private static double recovery(Fault fault, Scene scene, LoadPublisher.Running load, int rate) {
        long over = System.nanoTime();
        Deque<Taken> history = new ArrayDeque<>();
        // what was lost outside of our guarantee never arrives
        String question = fault.forgets() != null ? NEWEST : ARRIVED;
        boolean normal = within(Scene.LIMIT, () -> {
            long now = System.nanoTime();
            Taken latest = new Taken(now, load.acknowledged());
            history.add(latest);
            while (history.size() > 1 && now - history.peek().nanos >= LAG_NANOS) {
                history.poll();
            }
            Taken before = history.peek();
            return latest.messages - before.messages >= rate / 2
                    && scene.postgres.query(question) + scene.spooledLines() >= before.messages;
        });
        return normal ? (System.nanoTime() - over) / 1e9 : Double.POSITIVE_INFINITY;
    }

    // what is lost never arrives: when nothing is in flight any more, and nothing comes, all is said
    private static void awaitDrained(Scene scene, int published) {
        within(
                Scene.LIMIT,
                () -> scene.msgstore().metric("msgstore_in_flight") == 0
                        && scene.msgstore().metric("msgstore_queue_len") == 0
                        && (arrived(scene) >= published || quiet(scene)));
    }

    // no exception when it is not: the reckoning is to say what is missing
    private static boolean within(Duration limit, Callable<Boolean> condition) {
        try {
            Awaitility.await()
                    .atMost(limit)
                    .pollInterval(Duration.ofMillis(100))
                    .until(condition);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    private static long arrived(Scene scene) {
        return scene.postgres.query(ARRIVED) + scene.spooledLines();
    }

    private static boolean quiet(Scene scene) {
        double received = scene.msgstore().metric("msgstore_received_total");
        scene.last(3);
        return scene.msgstore().readiness() == 200 && scene.msgstore().metric("msgstore_received_total") == received;
    }
}
