/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.TestBroker;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What only time shows. Not part of a build: {@code mvn verify -Pfaults -Dit.test=SoakIT}. System properties: {@code
 * soak.minutes}, {@code soak.rate} (messages per second), {@code faults.seed}.
 */
class SoakIT {
    private static final int MINUTES = Integer.getInteger("soak.minutes", 20);
    private static final int OUTAGE_MINUTES = Integer.getInteger("outage.minutes", 10);
    private static final int RATE = Integer.getInteger("soak.rate", 3000);
    private static final long SEED = Long.getLong("faults.seed", System.nanoTime());
    private static final Duration DRAIN_LIMIT = Duration.ofMinutes(30);
    // where a collection leaves what is alive; the young generation is what came since
    private static final Pattern HEAP_ALIVE = Pattern.compile("tenured generation .*used (\\d+)K");
    /** Faults that msgstore survives as a process, so that what it holds can be compared. */
    private static final List<String> CHOSEN = List.of(
            "database stopped",
            "database killed",
            "connections terminated",
            "statements too slow",
            "table locked",
            "connection limit",
            "database read-only",
            "disk full",
            "broker restarted",
            "broker killed",
            "session taken over",
            "broker unreachable",
            "database unreachable",
            "database silent",
            "SIGSTOP");

    private static TestBroker broker;
    private static TestPostgres postgres;

    @BeforeAll
    static void start() {
        System.out.println("faults.seed=" + SEED);
        broker = TestBroker.running("1g");
        postgres = TestPostgres.running();
    }

    @AfterAll
    static void stop() {
        broker.close();
        postgres.close();
    }

    /** What a process holds on to. */
    private record Holdings(long heapMb, long threads, long files, long connections, long spooled) {
        static Holdings of(Scene scene) throws IOException {
            long pid = scene.msgstore().pid();
            jcmd(pid, "GC.run");
            Matcher alive = HEAP_ALIVE.matcher(jcmd(pid, "GC.heap_info"));
            String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
            Matcher threads = Pattern.compile("Threads:\\s+(\\d+)").matcher(status);
            try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
                return new Holdings(
                        alive.find() ? Long.parseLong(alive.group(1)) / 1024 : -1,
                        threads.find() ? Long.parseLong(threads.group(1)) : -1,
                        files.count(),
                        scene.postgres.query("select count(*) from pg_stat_activity where usename = 'msgstore'"),
                        scene.spooledLines());
            }
        }

        private static String jcmd(long pid, String command) throws IOException {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(pid),
                            command)
                    .redirectErrorStream(true)
                    .start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void afterAFaultAMinuteAllIsAsInTheBeginning() throws Exception {
        Random random = new Random(SEED);
        List<Fault> faults = Faults.all().stream()
                .filter(fault -> CHOSEN.contains(fault.name()))
                .toList();
        try (Scene scene = new Scene(broker, postgres, "soak", 10, random)) {
            scene.start();
            LoadPublisher publisher = load("soak");
            try (Sampler sampler = new Sampler(scene);
                    LoadPublisher.Running load = publisher.start()) {
                awaitAcknowledged(load, 30L * RATE);
                Holdings before = Holdings.of(scene);
                System.out.println("before " + before);
                for (int minute = 1; minute <= MINUTES; minute++) {
                    Fault fault = faults.get(random.nextInt(faults.size()));
                    fault.inject().on(scene);
                    awaitAcknowledged(load, (30L + minute * 60L) * RATE);
                    System.out.printf("minute %d, %s: %s%n", minute, fault.name(), Holdings.of(scene));
                }
                load.finish();
                load.await(DRAIN_LIMIT);
                Reckoning reckoning = drainedAndReckoned(scene, publisher, load);
                Holdings after = Holdings.of(scene);
                System.out.println("after " + after + ", " + reckoning + ", samples " + sampler.samples());
                assertThat(reckoning.lost()).as("lost").isZero();
                assertThat(reckoning.twice()).as("stored twice").isZero();
                assertThat(reckoning.dead()).as("dead").isZero();
                assertThat(sampler.unbalanced())
                        .as("samples that did not add up")
                        .isZero();
                assertThat(after.heapMb).as("heap, MB").isLessThanOrEqualTo(before.heapMb + 16);
                assertThat(after.threads).as("threads").isLessThanOrEqualTo(before.threads + 2);
                assertThat(after.files).as("file handles").isLessThanOrEqualTo(before.files + 4);
                assertThat(after.connections).as("connections").isLessThanOrEqualTo(before.connections + 2);
                assertThat(after.spooled).as("spooled").isZero();
            }
        }
    }

    @Test
    void aLongOutageIsHeldAndTheBacklogDrainsTwiceAsFastAsItCame() throws Exception {
        try (Scene scene = new Scene(broker, postgres, "outage", 10, new Random(SEED))) {
            scene.start();
            LoadPublisher publisher = load("outage");
            try (LoadPublisher.Running load = publisher.start()) {
                awaitAcknowledged(load, 10L * RATE);
                postgres.stop();
                awaitAcknowledged(load, (10L + OUTAGE_MINUTES * 60L) * RATE);
                postgres.start();
                long start = System.nanoTime();
                long before = stored();
                long backlog = load.acknowledged() - before;
                Awaitility.await("the backlog's end")
                        .atMost(DRAIN_LIMIT)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> stored() >= load.acknowledged() - RATE);
                double seconds = (System.nanoTime() - start) / 1e9;
                double perSecond = (stored() - before) / seconds;
                load.finish();
                load.await(DRAIN_LIMIT);
                Reckoning reckoning = drainedAndReckoned(scene, publisher, load);
                System.out.printf(
                        "backlog %,d drained in %.0f s while %d/s arrived: %,.0f rows/s; %s%n",
                        backlog, seconds, RATE, perSecond, reckoning);
                assertThat(reckoning.lost()).as("lost").isZero();
                assertThat(reckoning.twice()).as("stored twice").isZero();
                assertThat(reckoning.dead()).as("dead").isZero();
                assertThat(perSecond).as("rows per second while draining").isGreaterThan(2.0 * RATE);
            }
        }
    }

    private static LoadPublisher load(String prefix) {
        return LoadPublisher.to(broker.url())
                .prefix(prefix)
                .devices(500)
                .commandEvery(10)
                .messages(Integer.MAX_VALUE / 2)
                .rate(RATE)
                .numbered();
    }

    private static void awaitAcknowledged(LoadPublisher.Running load, long messages) {
        Awaitility.await(messages + " messages")
                .atMost(DRAIN_LIMIT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> load.acknowledged() >= messages);
    }

    private static long stored() {
        return postgres.query(
                "select (select count(*) from gps_position_histories)" + " + (select count(*) from client_cmd_events)");
    }

    private static Reckoning drainedAndReckoned(Scene scene, LoadPublisher publisher, LoadPublisher.Running load) {
        Awaitility.await("all stored")
                .atMost(DRAIN_LIMIT)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> stored() >= load.published() && scene.msgstore().metric("msgstore_in_flight") == 0);
        return Reckoning.of(publisher, load.published(), postgres, scene.spool(), false);
    }
}
