/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.msgstore.support.MsgstoreProcess;

/**
 * A metrics page as Prometheus takes it in: with the labels {@code job} and {@code instance} on every sample, and a
 * series {@code up}.
 *
 * @param seconds when it was taken, on a clock of its own
 */
public record Scrape(double seconds, List<Sample> samples) {
    private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Map<String, String> TARGET = Map.of("job", "msgstore", "instance", "localhost:8080");

    /** One value; the name of the metric is the label {@code __name__}. */
    public record Sample(Map<String, String> labels, double value) {}

    /** The page of a process as it is now, or what Prometheus has of one that does not answer. */
    public static Scrape of(MsgstoreProcess msgstore) {
        return of(msgstore.isAlive() ? msgstore.get("/observe/metrics").body() : "", System.nanoTime() / 1e9);
    }

    /** @param page in Prometheus's text format; empty when the target did not answer */
    public static Scrape of(String page, double seconds) {
        List<Sample> samples = new ArrayList<>();
        samples.add(sample("up", "", page.isEmpty() ? 0 : 1));
        page.lines().filter(line -> !line.startsWith("#")).map(SAMPLE::matcher).forEach(line -> {
            if (!line.matches()) {
                throw new IllegalArgumentException("no sample: " + line);
            }
            samples.add(sample(line.group(1), line.group(2), number(line.group(3))));
        });
        return new Scrape(seconds, samples);
    }

    /** What Prometheus has where it does not even know the target. */
    public static Scrape ofNothing(double seconds) {
        return new Scrape(seconds, List.of());
    }

    private static Sample sample(String name, String labels, double value) {
        Map<String, String> all = new TreeMap<>(TARGET);
        all.put("__name__", name);
        Matcher label = LABEL.matcher(labels == null ? "" : labels);
        while (label.find()) {
            all.put(label.group(1), label.group(2));
        }
        return new Sample(all, value);
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    /** The same with another value for all series of a metric, for a state that a test does not bring about. */
    public Scrape with(String metric, double value) {
        List<Sample> changed = samples.stream()
                .map(sample -> sample.labels.get("__name__").equals(metric) ? new Sample(sample.labels, value) : sample)
                .toList();
        if (changed.equals(samples)) {
            throw new IllegalArgumentException("no other value of " + metric);
        }
        return new Scrape(seconds, changed);
    }
}
