/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * The samples of the last minute, and what becomes of them as points of the last ten minutes. Taken once a second, read by
 * anyone.
 */
final class History {
    static final int POINTS = 600;
    private static final int SHORT_SECONDS = 10;
    private static final int SAMPLES = 61;

    private final Deque<Sample> samples = new ArrayDeque<>(SAMPLES);
    private final Deque<Point> points = new ArrayDeque<>(POINTS);

    /** A second of the past; {@code openapi.json} says what each field is. */
    @JsonNaming(SnakeCaseStrategy.class)
    record Point(
            long at,
            double received,
            double stored,
            double failed,
            long inFlight,
            int queue,
            Double latencyP50,
            Double latencyP99) {}

    synchronized void add(Sample sample) {
        Sample before = samples.peekLast();
        samples.add(sample);
        if (samples.size() > SAMPLES) {
            samples.poll();
        }
        if (before != null) {
            points.add(point(before, sample));
            if (points.size() > POINTS) {
                points.poll();
            }
        }
    }

    private Point point(Sample before, Sample sample) {
        Sample tenSeconds = ago(SHORT_SECONDS);
        Span second = new Span(before, sample);
        return new Point(
                sample.at().toEpochMilli(),
                second.rate("received"),
                Span.round(second.rate("stored") + second.rate("duplicate")),
                Span.round(second.rate("dead") + second.rate("dropped")),
                sample.counts().inFlight(),
                sample.queueLength(),
                Span.rounded(sample.latency().percentileSince(tenSeconds.latency(), 0.5)),
                Span.rounded(sample.latency().percentileSince(tenSeconds.latency(), 0.99)));
    }

    /** What happened in the last seconds, or since the first sample; null before that. */
    synchronized Span last(int seconds) {
        return samples.isEmpty() ? null : new Span(ago(seconds), samples.getLast());
    }

    /** The newest point; null in the first second. */
    synchronized Point newest() {
        return points.peekLast();
    }

    /** One point a second, oldest first. */
    synchronized List<Point> points() {
        return new ArrayList<>(points);
    }

    private Sample ago(int seconds) {
        long from = samples.getLast().nanos() - seconds * 1_000_000_000L - 500_000_000L;
        return samples.stream()
                .filter(sample -> sample.nanos() - from >= 0)
                .findFirst()
                .orElseThrow();
    }
}
