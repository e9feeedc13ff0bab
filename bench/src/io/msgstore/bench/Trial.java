/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Folders;
import io.msgstore.support.TestPostgres;

/** One measurement: servers made ready, the contender started and warmed up, the load, and the count of its rows. */
final class Trial {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final double MICROS = 1e6;

    private final Rig rig;
    private final Scenario scenario;
    private final Contender contender;
    private final int run;

    Trial(Rig rig, Scenario scenario, Contender contender, int run) {
        this.rig = rig;
        this.scenario = scenario;
        this.contender = contender;
        this.run = run;
    }

    /** @throws IllegalStateException when the contender did not start, or stored nothing for minutes */
    Measurement measure() throws Exception {
        rig.prepare(scenario, contender);
        Path folder = Folders.temporary("contender");
        long begin = System.nanoTime();
        try (Contender.Running running = contender.start(rig, scenario, folder)) {
            double startSeconds = secondsSince(begin);
            int warmUp = (int) (scenario.warmUp() * contender.share());
            if (warmUp > 0) {
                LoadPublisher before = load("warm", warmUp, 0);
                before.run();
                stored(before, warmUp).await(LIMIT, () -> loses() && running.isIdle());
            }
            rig.slowDown(scenario.statementMillis());
            return measure(running, startSeconds);
        } finally {
            rig.slowDown(0);
            Folders.delete(folder);
        }
    }

    private Measurement measure(Contender.Running running, double startSeconds) throws Exception {
        int messages = (int) Math.ceil(scenario.messages() * (scenario.rate() > 0 ? 1 : contender.share()));
        LoadPublisher load = load("run", messages, scenario.rate())
                .badEvery(scenario.badEvery())
                .timed();
        TestPostgres postgres = rig.postgres();
        rig.record(running.pid());
        double cpu = ProcessMeter.cpuSeconds(running.pid());
        double brokerCpu = ProcessMeter.cpuSeconds(rig.brokerPid());
        double queueCpu = ProcessMeter.cpuSeconds(rig.queuePid());
        double databaseCpu = ProcessMeter.cpuSeconds(postgres.pid());
        double loadCpu = ProcessMeter.ownCpuSeconds();
        try (LoadPublisher.Running published = load.start();
                Series series = new Series(postgres, running, published::acknowledged);
                VisibleRows visible = scenario.latencies()
                        ? new VisibleRows(postgres, load, published, messages, scenario.devices())
                        : null) {
            published.await(LIMIT);
            long stored = stored(load, messages).await(LIMIT, () -> loses() && running.isIdle());
            double seconds = secondsSince(published.startedNanos());
            double perMessage = MICROS / messages;
            return new Measurement(
                    scenario.name(),
                    contender.name(),
                    run,
                    (int) IntStream.range(0, messages)
                            .filter(i -> !load.isBad(i))
                            .count(),
                    stored,
                    startSeconds,
                    seconds,
                    stored / seconds,
                    (ProcessMeter.cpuSeconds(running.pid()) - cpu) * perMessage,
                    (ProcessMeter.cpuSeconds(rig.brokerPid()) - brokerCpu) * perMessage,
                    (ProcessMeter.cpuSeconds(rig.queuePid()) - queueCpu) * perMessage,
                    (ProcessMeter.cpuSeconds(postgres.pid()) - databaseCpu) * perMessage,
                    (ProcessMeter.ownCpuSeconds() - loadCpu) * perMessage,
                    ProcessMeter.mostResidentMb(running.pid()),
                    0,
                    visible == null ? null : visible.latencies(),
                    List.copyOf(series.points()));
        }
    }

    private LoadPublisher load(String prefix, int messages, int rate) {
        return LoadPublisher.to(rig.brokerUrl())
                .prefix(prefix + run + "-" + System.currentTimeMillis())
                .messages(messages)
                .rate(rate)
                .devices(scenario.devices())
                .padding(scenario.padding());
    }

    private StoredRows stored(LoadPublisher load, int messages) {
        return new StoredRows(rig.postgres(), load, messages, scenario.devices());
    }

    // then the last rows may be among the lost ones
    private boolean loses() {
        String mode = scenario.settings().get("msgstore.enqueue-mode");
        return mode != null && !mode.equals("disconnect");
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
