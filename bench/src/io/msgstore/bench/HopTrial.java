/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;

import io.msgstore.support.ChildJvm;
import io.msgstore.support.Folders;

/** One measurement of the hop: the server of the queue, where it has one, and a {@link HopMain}. */
final class HopTrial {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Rig rig;
    private final Scenario scenario;
    private final Contender contender;
    private final int run;

    HopTrial(Rig rig, Scenario scenario, Contender contender, int run) {
        this.rig = rig;
        this.scenario = scenario;
        this.contender = contender;
        this.run = run;
    }

    /** @throws IllegalStateException when it did not come to an end in ten minutes */
    Measurement measure() throws JsonProcessingException {
        rig.prepareQueue(contender);
        Map<String, String> settings = new LinkedHashMap<>(scenario.settings());
        settings.putAll(contender.settings());
        settings.putAll(rig.queueSettings());
        HopMain.Plan plan = new HopMain.Plan(
                scenario.warmUp(),
                scenario.messages(),
                scenario.rate(),
                scenario.devices(),
                scenario.padding(),
                rig.queuePid(),
                settings);
        Path folder = Folders.temporary("hop");
        long begin = System.nanoTime();
        try (ChildJvm process = ChildJvm.ofClass(
                HopMain.class,
                contender.jvmArguments(),
                List.of(HopMain.JSON.writeValueAsString(plan)),
                folder.resolve("output.log"))) {
            process.awaitLine(HopMain.BEGIN, LIMIT);
            double startSeconds = (System.nanoTime() - begin) / 1e9;
            rig.record(process.pid());
            String line = process.awaitLine(HopMain.RESULT, LIMIT);
            process.awaitExit();
            return measurement(
                    startSeconds,
                    HopMain.JSON.readValue(
                            line.substring(line.indexOf(HopMain.RESULT) + HopMain.RESULT.length()),
                            HopMain.Result.class));
        } finally {
            Folders.delete(folder);
        }
    }

    private Measurement measurement(double startSeconds, HopMain.Result result) {
        return new Measurement(
                scenario.name(),
                contender.name(),
                run,
                scenario.messages(),
                scenario.messages(),
                startSeconds,
                result.seconds(),
                scenario.messages() / result.seconds(),
                result.cpuMicros(),
                0,
                result.serverCpuMicros(),
                0,
                0,
                result.residentMb(),
                result.liveHeapMb(),
                result.latencies(),
                List.of());
    }
}
