/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.queue.Hop.Arrived;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.contract.Headers;
import io.msgstore.support.Limits;
import io.msgstore.support.TestKafka;
import io.msgstore.support.TestRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** What every queue does, whichever it is: docs/queues.md in tests. */
class QueueContractIT {
    private static final Duration SOON = Limits.LIMIT;
    private static final int SIZE = 50;

    private static TestRedis redis;
    private static TestKafka kafka;
    private static int number;

    @TempDir
    private Path folder;

    private final List<Hop> hops = new ArrayList<>();

    /** The queues that the suite is for. */
    enum Backend {
        MEMORY,
        REDIS,
        KAFKA,
        /** One of a user: docs/queues/file.camel.yaml. */
        FILE;

        boolean isDurable() {
            return this != MEMORY;
        }
    }

    @BeforeEach
    void another() {
        number++;
    }

    @AfterEach
    void stop() {
        hops.forEach(Hop::abandon);
    }

    @AfterAll
    static void stopServers() {
        if (redis != null) {
            redis.close();
        }
        if (kafka != null) {
            kafka.close();
        }
    }

    private Hop.Builder hop(Backend backend) {
        Hop.Builder hop = Hop.of(backend.name().toLowerCase(), folder)
                .set("msgstore.queue-size", SIZE)
                .set("msgstore.workers", 2);
        switch (backend) {
            case REDIS -> {
                if (redis == null) {
                    redis = TestRedis.running();
                }
                hop.set("msgstore.redis.url", redis.url())
                        .set("msgstore.redis.key", "q" + number)
                        .set("msgstore.redis.claim-after", "2s");
            }
            case KAFKA -> {
                if (kafka == null) {
                    kafka = TestKafka.running();
                }
                hop.set("msgstore.kafka.brokers", kafka.bootstrap())
                        .set("msgstore.queue.kafka.topic", "q" + number)
                        .set("msgstore.queue.kafka.group", "g" + number)
                        .set("msgstore.queue.kafka.partitions", 4);
            }
            case FILE ->
                hop.routes(Path.of("docs/queues/file.camel.yaml")).set("queue.folder", folder.resolve("q" + number));
            default -> {
                // memory needs nothing
            }
        }
        return hop;
    }

    private Hop start(Hop.Builder builder) {
        Hop hop = builder.start();
        hops.add(hop);
        return hop;
    }

    private static void awaitArrivals(Hop hop, int messages) {
        await().atMost(SOON).until(() -> hop.arrived().size() >= messages);
    }

    private static void storeAll(Hop hop) {
        hop.onArrival(Arrived::store);
        hop.arrived().forEach(Arrived::store);
    }

    private static void awaitLength(Hop hop, int messages) {
        await("length " + messages).atMost(SOON).until(() -> (int) hop.gauge("msgstore.queue.len") == messages);
    }

    // ---- what goes in comes out

    @ParameterizedTest
    @EnumSource
    void passesEveryMessageOnAsItIs(Backend backend) throws Exception {
        Hop hop = start(hop(backend).set("msgstore.queue-size", 1000));
        List<Envelope> sent = new ArrayList<>();
        for (String payload : List.of(
                "{\"event\":\"gps\",\"name\":\"Zoë \\ud83d\\ude97\"}",
                "{\"event\":\"evt\"}",
                "not JSON",
                "",
                "[1,2]",
                "{\"no\":\"event\"}",
                "{\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"t\",\"payload\":{\"event\":\"gps\"}}")) {
            sent.add(Envelope.of(
                    new ReceivedMessage("devices/é/" + sent.size(), payload.getBytes(StandardCharsets.UTF_8))
                            .qos(1)
                            .userProperties(List.of(new String[] {"username", "alice"}, new String[] {"k", "v"})),
                    1_000_000));
        }
        sent.add(Envelope.of(new ReceivedMessage("binary", new byte[] {0, (byte) 0xFF, 10}), 1_000_000));
        hop.onArrival(one -> {
            hop.arrived().add(one);
            one.store();
        });
        sent.forEach(hop::send);
        awaitArrivals(hop, sent.size());
        for (Arrived one : hop.arrived()) {
            Envelope before = sent.stream()
                    .filter(envelope -> envelope.traceId().equals(one.envelope().traceId()))
                    .findFirst()
                    .orElseThrow();
            Envelope after = one.envelope();
            assertThat(after.topic()).isEqualTo(before.topic());
            assertThat(after.payload()).isEqualTo(before.payload());
            assertThat(after.json()).isEqualTo(before.json());
            assertThat(after.jsonWithoutPayload()).isEqualTo(before.jsonWithoutPayload());
            assertThat(after.reason()).isEqualTo(before.reason());
            assertThat(after.event()).isEqualTo(before.event());
            assertThat(one.header(Headers.TRACE_ID)).isEqualTo(before.traceId());
            assertThat(one.header(Headers.RECEIVED_AT)).isEqualTo(before.receivedAt());
        }
        awaitLength(hop, 0);
    }

    @ParameterizedTest
    @EnumSource
    void losesAndRepeatsNothingUnderLoad(Backend backend) throws Exception {
        Hop hop = start(hop(backend).set("msgstore.queue-size", 100_000));
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicInteger arrivals = new AtomicInteger();
        hop.onArrival(one -> {
            seen.add(one.envelope().toString());
            arrivals.incrementAndGet();
            one.store();
        });
        int messages = backend == Backend.FILE ? 500 : 20_000;
        List<CompletableFuture<Boolean>> acknowledged = IntStream.range(0, messages)
                .mapToObj(i -> hop.send("devices/" + i % 100, i))
                .toList();
        await().atMost(SOON).until(() -> seen.size() == messages);
        for (CompletableFuture<Boolean> one : acknowledged) {
            assertThat(one.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        awaitLength(hop, 0);
        assertThat(arrivals).hasValue(messages);
        assertThat(hop.accounting().accounts().isBalanced()).isTrue();
        await().atMost(SOON).until(() -> hop.accounting().inFlight() == 0);
        assertThat(hop.accounting().total(Outcome.ENQUEUED)).isEqualTo(backend.isDurable() ? messages : 0);
        assertThat(hop.accounting().dequeued()).isEqualTo(backend.isDurable() ? messages : 0);
        assertThat(hop.accounting().unaccounted()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"KAFKA"})
    void keepsTheOrderOfADevice(Backend backend) {
        Hop hop = start(hop(backend).set("msgstore.queue-size", 100_000));
        for (int i = 0; i < 5000; i++) {
            hop.send("devices/" + i % 20, i);
        }
        awaitArrivalsAndStore(hop, 5000);
        for (int device = 0; device < 20; device++) {
            String topic = "devices/" + device;
            List<Integer> numbers = hop.arrived().stream()
                    .filter(one -> one.envelope().topic().equals(topic))
                    .map(one -> Integer.valueOf(
                            new String(one.envelope().payload(), StandardCharsets.UTF_8).replaceAll("\\D", "")))
                    .toList();
            assertThat(numbers).hasSize(250).isSorted();
        }
    }

    // workers wait for what they have, so that it must be stored for more to arrive
    private static void awaitArrivalsAndStore(Hop hop, int messages) {
        await().atMost(SOON).until(() -> {
            hop.arrived().forEach(Arrived::store);
            return hop.arrived().size() >= messages;
        });
        hop.arrived().forEach(Arrived::store);
    }

    // ---- when it is full

    // nothing can be taken out: workers of the queue in memory have a message each in hand
    private Hop startFilling(Hop.Builder builder, Backend backend) {
        Hop hop = start(builder.idle());
        hop.hold(true);
        if (backend == Backend.MEMORY) {
            hop.send("d", -1);
            hop.send("d", -2);
            awaitArrivals(hop, 2);
        }
        awaitLength(hop, 0);
        return hop;
    }

    private static int atWork(Backend backend) {
        return backend == Backend.MEMORY ? 2 : 0;
    }

    private static void goOn(Hop hop) {
        hop.onArrival(Arrived::store);
        hop.arrived().forEach(Arrived::store);
        hop.hold(false);
        hop.startWorkers();
    }

    private static void awaitAllStored(Hop hop, int messages) {
        await().atMost(SOON).until(() -> hop.accounting().total(Outcome.STORED) == messages);
        awaitLength(hop, 0);
        await().atMost(SOON).until(() -> hop.accounting().inFlight() == 0);
        assertThat(hop.accounting().unaccounted()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void dropsAndCountsWhatItHasNoPlaceFor(Backend backend) {
        Hop hop = startFilling(hop(backend), backend);
        List<CompletableFuture<Boolean>> all =
                IntStream.range(0, 120).mapToObj(i -> hop.send("d", i)).toList();
        await().atMost(SOON).until(() -> hop.accounting().total(Outcome.DROPPED) == 120 - SIZE);
        awaitLength(hop, SIZE);
        assertThat(hop.gauge("msgstore.queue.capacity")).isEqualTo(SIZE);
        // those that are dropped, and those that a server has safe
        long acknowledged = backend.isDurable() ? 120 : 120 - SIZE;
        await().atMost(SOON)
                .until(() -> all.stream().filter(CompletableFuture::isDone).count() == acknowledged);
        goOn(hop);
        awaitAllStored(hop, SIZE + atWork(backend));
        assertThat(hop.accounting().total(Outcome.DROPPED)).isEqualTo(120 - SIZE);
    }

    @ParameterizedTest
    @EnumSource
    void blocksForItsTimeAndThenDrops(Backend backend) throws Exception {
        Hop hop = startFilling(
                hop(backend).set("msgstore.enqueue-mode", "block").set("msgstore.enqueue-wait-ms", 300), backend);
        for (int i = 0; i < SIZE; i++) {
            hop.send("d", i);
        }
        awaitLength(hop, SIZE);
        long before = System.nanoTime();
        CompletableFuture<Boolean> late =
                CompletableFuture.supplyAsync(() -> hop.send("d", SIZE)).thenCompose(acknowledged -> acknowledged);
        assertThat(late.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        assertThat(hop.accounting().total(Outcome.DROPPED)).isOne();
        goOn(hop);
        awaitAllStored(hop, SIZE + atWork(backend));
    }

    @ParameterizedTest
    @EnumSource
    void takesAMessageForWhichAPlaceIsFoundInTime(Backend backend) throws Exception {
        Hop hop = startFilling(
                hop(backend).set("msgstore.enqueue-mode", "block").set("msgstore.enqueue-wait-ms", 3_600_000), backend);
        for (int i = 0; i < SIZE; i++) {
            hop.send("d", i);
        }
        awaitLength(hop, SIZE);
        CompletableFuture<Boolean> late =
                CompletableFuture.supplyAsync(() -> hop.send("d", SIZE)).thenCompose(acknowledged -> acknowledged);
        assertThatThrownBy(() -> late.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        goOn(hop);
        assertThat(late.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        awaitAllStored(hop, SIZE + 1 + atWork(backend));
        assertThat(hop.accounting().total(Outcome.DROPPED)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void losesNothingByLeavingTheBroker(Backend backend) {
        Hop hop = startFilling(hop(backend).set("msgstore.enqueue-mode", "disconnect"), backend);
        List<CompletableFuture<CompletableFuture<Boolean>>> all = IntStream.range(0, SIZE + 3)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> hop.send("d", i), task -> new Thread(task, "sender").start()))
                .toList();
        awaitLength(hop, SIZE);
        goOn(hop);
        awaitAllStored(hop, SIZE + 3 + atWork(backend));
        assertThat(all).allMatch(CompletableFuture::isDone);
        assertThat(hop.accounting().total(Outcome.DROPPED)).isZero();
    }

    // ---- acknowledgement, late on both sides of the hop

    @ParameterizedTest
    @EnumSource
    void acknowledgesAMessageWhenItIsSafe(Backend backend) throws Exception {
        Hop hop = start(hop(backend));
        CompletableFuture<Boolean> acknowledged = hop.send("d", 1);
        awaitArrivals(hop, 1);
        if (backend.isDurable()) {
            assertThat(acknowledged.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
            awaitLength(hop, 1);
        } else {
            assertThatThrownBy(() -> acknowledged.get(300, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
        }
        hop.arrived().peek().store();
        assertThat(acknowledged.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        awaitLength(hop, 0);
    }

    @ParameterizedTest
    @EnumSource
    void givesAgainWhatWasNotStored(Backend backend) {
        Hop hop = start(hop(backend));
        hop.send("d", 1);
        awaitArrivals(hop, 1);
        hop.arrived().poll().leave();
        if (backend == Backend.MEMORY) {
            // the broker's business
            await().atMost(SOON).until(() -> hop.accounting().inFlight() == 0);
            assertThat(hop.accounting().accounts().dropped()).containsEntry("returned", 1L);
            return;
        }
        awaitArrivals(hop, 1);
        assertThat(hop.arrived().peek().envelope().toString()).contains("\"number\":1");
        storeAll(hop);
        awaitLength(hop, 0);
    }

    @ParameterizedTest
    @EnumSource(names = "MEMORY", mode = EnumSource.Mode.EXCLUDE)
    void keepsWhatCanNotBeDispatched(Backend backend) {
        Hop hop = start(hop(backend));
        hop.refuse(true);
        List<CompletableFuture<Boolean>> all =
                IntStream.range(0, 20).mapToObj(i -> hop.send("d", i)).toList();
        await().atMost(SOON).until(() -> all.stream().allMatch(CompletableFuture::isDone));
        await().atMost(SOON).until(() -> hop.accounting().accounts().dropped().containsKey("returned"));
        awaitLength(hop, 20);
        hop.refuse(false);
        storeAll(hop);
        awaitAllStored(hop, 20);
    }

    @ParameterizedTest
    @EnumSource(names = "MEMORY", mode = EnumSource.Mode.EXCLUDE)
    void givesToAnotherWhatADeadWorkerHeld(Backend backend) {
        Hop first = start(hop(backend).set("msgstore.mqtt.client-id", "first"));
        for (int i = 0; i < 20; i++) {
            first.send("d", i);
        }
        awaitArrivals(first, 1);
        awaitLength(first, 20);
        first.abandon();
        Hop second = start(hop(backend).set("msgstore.mqtt.client-id", "second"));
        Set<String> seen = new HashSet<>();
        await().atMost(SOON).until(() -> {
            second.arrived().forEach(one -> {
                seen.add(one.envelope().toString());
                one.store();
            });
            return seen.size() == 20;
        });
        storeAll(second);
        awaitLength(second, 0);
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS", "KAFKA"})
    void doesNotGiveToAnotherWhatALivingWorkerHolds(Backend backend) throws Exception {
        Hop first = start(hop(backend).set("msgstore.mqtt.client-id", "first"));
        first.send("d", 1);
        awaitArrivals(first, 1);
        Hop second =
                start(hop(backend).set("msgstore.mqtt.client-id", "second").set("msgstore.redis.claim-after", "2s"));
        // longer than claim-after, while the database takes its time
        assertThatThrownBy(() -> await().atMost(Duration.ofSeconds(6))
                        .until(() -> !second.arrived().isEmpty()))
                .isInstanceOf(ConditionTimeoutException.class);
        storeAll(first);
        awaitLength(first, 0);
    }

    @ParameterizedTest
    @EnumSource
    void finishesWhatItHasInHandWhenItStops(Backend backend) throws Exception {
        Hop hop = start(hop(backend));
        CompletableFuture<Void> released = new CompletableFuture<>();
        hop.onArrival(one -> {
            hop.arrived().add(one);
            released.thenRunAsync(one::store);
        });
        List<CompletableFuture<Boolean>> all =
                IntStream.range(0, 20).mapToObj(i -> hop.send("d", i)).toList();
        awaitArrivals(hop, 1);
        CompletableFuture<Void> closed = CompletableFuture.runAsync(hop::close);
        if (backend == Backend.REDIS || backend == Backend.KAFKA) {
            // the others are not waited for here: in the whole way the batches are what a stop finishes
            assertThatThrownBy(() -> closed.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        }
        released.complete(null);
        closed.get(Limits.SECONDS, TimeUnit.SECONDS);
        for (CompletableFuture<Boolean> one : all) {
            assertThat(one.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        await().atMost(SOON).until(() -> hop.accounting().inFlight() == 0);
        assertThat(hop.accounting().unaccounted()).isZero();
        if (backend.isDurable()) {
            long stored = hop.accounting().total(Outcome.STORED);
            Hop next = start(hop(backend).idle());
            awaitLength(next, 20 - (int) stored);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS", "KAFKA"})
    void isSharedByInstances(Backend backend) {
        Hop first = start(hop(backend).set("msgstore.queue-size", 100_000).set("msgstore.mqtt.client-id", "first"));
        Hop second = start(hop(backend).set("msgstore.queue-size", 100_000).set("msgstore.mqtt.client-id", "second"));
        AtomicInteger byFirst = new AtomicInteger();
        AtomicInteger bySecond = new AtomicInteger();
        first.onArrival(one -> {
            byFirst.incrementAndGet();
            one.store();
        });
        second.onArrival(one -> {
            bySecond.incrementAndGet();
            one.store();
        });
        AtomicInteger sent = new AtomicInteger();
        await().atMost(SOON).until(() -> {
            // until both have joined
            for (int i = 0; i < 200; i++) {
                first.send("devices/" + i, sent.getAndIncrement());
            }
            return byFirst.get() > 0 && bySecond.get() > 0;
        });
        await().atMost(SOON).until(() -> byFirst.get() + bySecond.get() >= sent.get());
        awaitLength(first, 0);
    }

    @ParameterizedTest
    @EnumSource(names = "KAFKA")
    void losesNothingOfWhatIsGivenToASuspendedWorker(Backend backend) {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        Hop first = start(hop(backend)
                .set("msgstore.queue-size", 1000)
                .set("msgstore.workers", 1)
                .set("msgstore.mqtt.client-id", "first"));
        first.onArrival(one -> {
            seen.add(one.envelope().toString());
            one.store();
        });
        first.send("d", -1);
        await().atMost(SOON).until(() -> seen.size() == 1);
        awaitLength(first, 0);
        first.suspendWorkers(true);
        for (int i = 0; i < 400; i++) {
            first.send("devices/" + i % 40, i);
        }
        await().atMost(SOON).until(() -> first.accounting().total(Outcome.ENQUEUED) == 401);
        // another joins, and the partitions are given out anew
        Hop other = start(hop(backend)
                .set("msgstore.queue-size", 1000)
                .set("msgstore.workers", 1)
                .set("msgstore.mqtt.client-id", "other"));
        other.onArrival(one -> {
            seen.add(one.envelope().toString());
            one.store();
        });
        await().atMost(SOON).until(() -> other.accounting().dequeued() > 0);
        first.suspendWorkers(false);
        await().atMost(SOON).until(() -> seen.size() == 401);
        awaitLength(first, 0);
    }

    // ---- a server that is away

    private static void stopServer(Backend backend) {
        if (backend == Backend.REDIS) {
            redis.kill9();
        } else {
            kafka.kill9();
        }
    }

    private static void startServer(Backend backend) {
        if (backend == Backend.REDIS) {
            redis.start();
        } else {
            kafka.start();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS", "KAFKA"})
    void waitsForAServerThatIsAway(Backend backend) throws Exception {
        Hop hop = start(hop(backend));
        hop.onArrival(Arrived::store);
        hop.send("d", 0).get(Limits.SECONDS, TimeUnit.SECONDS);
        stopServer(backend);
        try {
            CompletableFuture<Boolean> waiting = hop.send("d", 1);
            await().atMost(SOON).until(() -> hop.state().isAway());
            assertThat(hop.gauge("msgstore.queue.up")).isZero();
            assertThat(hop.state().isDegraded()).isFalse();
            assertThat(waiting).isNotDone();
            startServer(backend);
            assertThat(waiting.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            startServer(backend);
        }
        // what could not be taken out when it was stored is given again
        await().atMost(SOON).until(() -> hop.accounting().total(Outcome.STORED) >= 2);
        awaitLength(hop, 0);
        await().atMost(SOON).until(() -> hop.gauge("msgstore.queue.up") == 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS", "KAFKA"})
    void storesWithoutAQueueWhileTheServerIsAway(Backend backend) throws Exception {
        goesAnotherWay(backend, "direct");
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS", "KAFKA"})
    void queuesInMemoryWhileTheServerIsAway(Backend backend) throws Exception {
        goesAnotherWay(backend, "memory");
    }

    private void goesAnotherWay(Backend backend, String fallback) throws Exception {
        Hop hop = start(hop(backend).set("msgstore.queue.fallback", fallback));
        hop.onArrival(Arrived::store);
        hop.send("d", 0).get(Limits.SECONDS, TimeUnit.SECONDS);
        stopServer(backend);
        try {
            // also the one that finds out that the server is away
            for (int i = 1; i <= 10; i++) {
                assertThat(hop.send("d", i).get(Limits.SECONDS, TimeUnit.SECONDS))
                        .isTrue();
            }
            assertThat(hop.state().isDegraded()).isTrue();
            assertThat(hop.gauge("msgstore.queue.degraded")).isOne();
            assertThat(hop.accounting().total(Outcome.ENQUEUED)).isOne();
        } finally {
            startServer(backend);
        }
        await().atMost(SOON).until(() -> !hop.state().isAway());
        assertThat(hop.send("d", 11).get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        await().atMost(SOON).until(() -> hop.accounting().total(Outcome.ENQUEUED) == 2);
        await().atMost(SOON).until(() -> hop.accounting().total(Outcome.STORED) >= 12);
        awaitLength(hop, 0);
    }
}
