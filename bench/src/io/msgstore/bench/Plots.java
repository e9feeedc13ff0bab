/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** SVG files beside the tables. */
final class Plots {
    private static final int WIDTH = 800;
    private static final int HEIGHT = 400;

    private Plots() {}

    /** Rows, backlog, queue, CPU and memory over time; of the last run of each contender. */
    static void course(Scenario scenario, List<Measurement> runs, Path folder) throws IOException {
        if (runs.stream().allMatch(run -> run.series().isEmpty())) {
            return;
        }
        course(scenario, runs, folder, "rows", "rows stored", Series.Point::rows);
        course(
                scenario,
                runs,
                folder,
                "backlog",
                "published, not stored yet",
                p -> Math.max(0, p.published() - p.rows()));
        course(scenario, runs, folder, "memory", "resident memory, MiB", Series.Point::residentMb);
        course(scenario, runs, folder, "cpu", "CPU seconds", Series.Point::cpuSeconds);
        List<Measurement> telling = runs.stream()
                .filter(run -> run.series().stream().anyMatch(p -> p.queueLength() >= 0))
                .toList();
        if (!telling.isEmpty()) {
            course(scenario, telling, folder, "queue", "queue length", Series.Point::queueLength);
        }
    }

    private static void course(
            Scenario scenario,
            List<Measurement> runs,
            Path folder,
            String what,
            String title,
            ToDoubleFunction<Series.Point> value)
            throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(scenario.name() + ": " + title)
                .xAxisTitle("seconds")
                .yAxisTitle(title)
                .build();
        chart.getStyler().setYAxisDecimalPattern("#,##0.#");
        for (Measurement run : runs) {
            if (!run.series().isEmpty()) {
                chart.addSeries(
                                run.contender(),
                                run.series().stream()
                                        .mapToDouble(Series.Point::seconds)
                                        .toArray(),
                                run.series().stream().mapToDouble(value).toArray())
                        .setMarker(SeriesMarkers.NONE);
            }
        }
        save(chart, folder.resolve(scenario.name() + "-" + what));
    }

    /** Rows a second of each contender in each scenario where several took part: the median of its runs. */
    static void rates(List<Scenario> scenarios, List<Measurement> measurements, Path folder) throws IOException {
        for (Scenario scenario : scenarios) {
            List<String> names = measurements.stream()
                    .filter(m -> m.scenario().equals(scenario.name()))
                    .map(Measurement::contender)
                    .distinct()
                    .toList();
            if (names.size() < 2) {
                continue;
            }
            boolean hop = scenario.kind() == Scenario.Kind.HOP;
            String unit = hop ? "messages a second" : "rows a second";
            CategoryChart rates = bars(scenario, unit);
            rates.addSeries(unit, names, values(scenario, names, measurements, Measurement::rowsPerSecond));
            save(rates, folder.resolve(scenario.name() + "-rate"));
            if (measurements.stream().anyMatch(m -> m.scenario().equals(scenario.name()) && m.latencies() != null)) {
                CategoryChart latencies =
                        bars(scenario, hop ? "ms from enqueue to dispatch" : "ms from publishing to the visible row");
                latencies.addSeries("p50", names, values(scenario, names, measurements, m -> m.latencies()
                        .p50()));
                latencies.addSeries("p95", names, values(scenario, names, measurements, m -> m.latencies()
                        .p95()));
                latencies.addSeries("p99", names, values(scenario, names, measurements, m -> m.latencies()
                        .p99()));
                latencies.addSeries("p99.9", names, values(scenario, names, measurements, m -> m.latencies()
                        .p999()));
                save(latencies, folder.resolve(scenario.name() + "-latency"));
            }
        }
    }

    private static CategoryChart bars(Scenario scenario, String title) {
        return new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(scenario.name() + ": " + scenario.about())
                .yAxisTitle(title)
                .build();
    }

    private static List<Double> values(
            Scenario scenario,
            List<String> names,
            List<Measurement> measurements,
            ToDoubleFunction<Measurement> value) {
        List<Double> medians = new ArrayList<>();
        for (String name : names) {
            double[] sorted = measurements.stream()
                    .filter(m -> m.scenario().equals(scenario.name())
                            && m.contender().equals(name))
                    .mapToDouble(value)
                    .sorted()
                    .toArray();
            medians.add(sorted[sorted.length / 2]);
        }
        return medians;
    }

    private static void save(Chart<?, ?> chart, Path file) throws IOException {
        Styler styler = chart.getStyler();
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE);
        VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
    }
}
