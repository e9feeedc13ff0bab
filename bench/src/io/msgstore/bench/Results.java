/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** All measurements of a bench, written to a folder after each trial: what was measured stays when it is interrupted. */
final class Results {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path folder;
    private final Map<String, Object> machine;
    private final List<Scenario> scenarios;
    private final List<Contender> contenders;
    private final List<Measurement> measurements = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Results(Path folder, Map<String, Object> machine, List<Scenario> scenarios, List<Contender> contenders)
            throws IOException {
        this.folder = Files.createDirectories(folder);
        this.machine = machine;
        this.scenarios = scenarios;
        this.contenders = contenders;
    }

    void add(Measurement measurement) throws IOException {
        measurements.add(measurement);
        write();
    }

    /** Something that the reader of the report must know; once is enough. */
    void note(String text) throws IOException {
        if (notes.contains(text)) {
            return;
        }
        notes.add(text);
        write();
    }

    private void write() throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", machine);
        all.put("notes", notes);
        all.put("measurements", measurements);
        JSON.writeValue(folder.resolve("results.json").toFile(), all);
        Files.writeString(folder.resolve("results.md"), markdown());
    }

    /** Draws the plots, once all is measured. */
    void plot() throws IOException {
        for (Scenario scenario : scenarios) {
            List<Measurement> last = contenders.stream()
                    .map(contender -> of(scenario, contender))
                    .filter(list -> !list.isEmpty())
                    .map(list -> list.get(list.size() - 1))
                    .toList();
            if (!last.isEmpty()) {
                Plots.course(scenario, last, folder);
            }
        }
        Plots.rates(scenarios, measurements, folder);
    }

    private List<Measurement> of(Scenario scenario, Contender contender) {
        return measurements.stream()
                .filter(m ->
                        m.scenario().equals(scenario.name()) && m.contender().equals(contender.name()))
                .toList();
    }

    private String markdown() {
        StringBuilder text = new StringBuilder("# Results\n\n");
        machine.forEach((key, value) ->
                text.append("- ").append(key).append(": ").append(value).append('\n'));
        notes.forEach(note -> text.append("- ").append(note).append('\n'));
        text.append(
                "\nMedians of the runs, the lowest and the highest rate in brackets. CPU is that of the contender's process. "
                        + "Ratio is the median of the ratios of the runs that stand next to each other.\n\n");
        text.append("| contender | what it guarantees |\n|---|---|\n");
        contenders.stream()
                .filter(contender ->
                        measurements.stream().anyMatch(m -> m.contender().equals(contender.name())))
                .forEach(contender -> text.append("| ")
                        .append(contender.name())
                        .append(" | ")
                        .append(contender.guarantee())
                        .append(" |\n"));
        for (Scenario scenario : scenarios) {
            if (measurements.stream().anyMatch(m -> m.scenario().equals(scenario.name()))) {
                section(scenario, text);
            }
        }
        return text.toString();
    }

    private void section(Scenario scenario, StringBuilder text) {
        boolean latency = any(scenario, m -> m.latencies() != null);
        text.append("\n## ")
                .append(scenario.name())
                .append("\n\n")
                .append(scenario.about())
                .append("\n\n");
        boolean queue = any(scenario, m -> m.queueCpuMicros() > 0);
        boolean heap = any(scenario, m -> m.liveHeapMb() > 0);
        text.append("| contender | runs | messages | not stored | ")
                .append(scenario.kind() == Scenario.Kind.HOP ? "messages/s" : "rows/s")
                .append(" | ratio of msgstore | CPU per message, µs |")
                .append(queue ? " CPU of the queue |" : "")
                .append(" RSS, MiB |")
                .append(heap ? " live heap, MiB |" : "")
                .append(latency ? " p50, ms | p95 | p99 | p99.9 |" : "")
                .append("\n|---|---:|---:|---:|---:|---:|---:|---:|")
                .append(queue ? "---:|" : "")
                .append(heap ? "---:|" : "")
                .append(latency ? "---:|---:|---:|---:|" : "")
                .append('\n');
        List<Measurement> ours = contenders.stream()
                .filter(contender -> contender.name().equals(Contenders.MSGSTORE))
                .flatMap(contender -> of(scenario, contender).stream())
                .toList();
        for (Contender contender : contenders) {
            List<Measurement> runs = of(scenario, contender);
            if (runs.isEmpty()) {
                continue;
            }
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < Math.min(runs.size(), ours.size()); i++) {
                ratios.add(ours.get(i).rowsPerSecond() / runs.get(i).rowsPerSecond());
            }
            boolean self = contender.name().equals(Contenders.MSGSTORE) || ratios.isEmpty();
            text.append("| %s | %d | %,d | %,d | %,.0f (%,.0f–%,.0f) | %s | %.1f |"
                    .formatted(
                            contender.name(),
                            runs.size(),
                            runs.get(0).messages(),
                            runs.stream()
                                    .mapToLong(m -> m.messages() - m.stored())
                                    .sum(),
                            median(runs, Measurement::rowsPerSecond),
                            runs.stream()
                                    .mapToDouble(Measurement::rowsPerSecond)
                                    .min()
                                    .orElse(0),
                            runs.stream()
                                    .mapToDouble(Measurement::rowsPerSecond)
                                    .max()
                                    .orElse(0),
                            self ? "" : "%.2f".formatted(median(ratios.stream())),
                            median(runs, Measurement::cpuMicros)));
            if (queue) {
                text.append(" %.1f |".formatted(median(runs, Measurement::queueCpuMicros)));
            }
            text.append(" %.0f |".formatted(median(runs, Measurement::residentMb)));
            if (heap) {
                text.append(" %.0f |".formatted(median(runs, Measurement::liveHeapMb)));
            }
            if (latency) {
                text.append((heap ? " %.2f | %.2f | %.2f | %.2f |" : " %.1f | %.1f | %.1f | %.1f |")
                        .formatted(
                                median(runs, m -> m.latencies().p50()),
                                median(runs, m -> m.latencies().p95()),
                                median(runs, m -> m.latencies().p99()),
                                median(runs, m -> m.latencies().p999())));
            }
            text.append('\n');
        }
        if (scenario.kind() == Scenario.Kind.WAY) {
            text.append("\nStart until subscribed, msgstore: ")
                    .append(ours.isEmpty() ? "–" : "%.1f s".formatted(median(ours, Measurement::startSeconds)))
                    .append("\n");
        }
    }

    private boolean any(Scenario scenario, Predicate<Measurement> what) {
        return measurements.stream().anyMatch(m -> m.scenario().equals(scenario.name()) && what.test(m));
    }

    private static double median(List<Measurement> runs, ToDoubleFunction<Measurement> value) {
        return median(runs.stream().map(value::applyAsDouble));
    }

    private static double median(Stream<Double> values) {
        List<Double> sorted = values.sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
