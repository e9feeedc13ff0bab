/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

import io.msgstore.devices.mqtt.ConnectionState;

/**
 * All that is to be known at one moment. Times are RFC 3339, UTC; rates messages per second; percentiles of the last minute,
 * in milliseconds, null when there was nothing to measure.
 *
 * @param at the moment
 * @param version of msgstore
 * @param startedAt when the process started
 * @param headline how things are, in words
 * @param counts messages since the start, by what became of them
 * @param rates by term: the last 10 and 60 seconds
 * @param second the newest of the history; null in the first second
 * @param oldestInFlightSeconds age of the oldest message in flight; 0 when there is none
 * @param queue between intake and workers
 * @param latency from receipt to commit
 * @param database where messages are stored
 * @param broker where they come from
 * @param spool dead letters that wait in files
 * @param bottleneck what holds messages up, and the setting to change; null when nothing does
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Status(
        String at,
        String version,
        String startedAt,
        Headline headline,
        Map<String, Long> counts,
        Map<String, Rate> rates,
        History.Point second,
        double oldestInFlightSeconds,
        Queue queue,
        Percentiles latency,
        Store database,
        Broker broker,
        Spool spool,
        String bottleneck) {

    /** Messages per second. */
    public record Rate(
            @JsonProperty("last_10_s") double shortly,
            @JsonProperty("last_60_s") double minute) {}

    /**
     * The queue and who takes from it.
     *
     * @param name value of {@code msgstore.queue}
     * @param guarantees what it says of itself, see docs/queues.md
     * @param length messages that wait
     * @param capacity messages that it holds at most
     * @param whenFull {@code drop}, {@code block} or {@code disconnect}
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Queue(String name, List<String> guarantees, int length, int capacity, String whenFull, int workers) {}

    /** Milliseconds below which so many per cent lie. */
    public record Percentiles(Double p50, Double p95, Double p99) {}

    /**
     * The database.
     *
     * @param state see {@link DatabaseWatch.State}
     * @param writes milliseconds per statement
     * @param statementsPerSecond of the last minute
     * @param batchSize messages per statement, mean of the last minute; null when there was none
     * @param batchSizeMax a batch is written when it has as many
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Store(
            @JsonUnwrapped DatabaseWatch.State state,
            Percentiles writes,
            double statementsPerSecond,
            Double batchSize,
            int batchSizeMax) {}

    /**
     * The connections to the broker.
     *
     * @param wanted how many there should be; 0 while the intake is stopped
     * @param connected how many are up and subscribed
     */
    public record Broker(int wanted, int connected, List<ConnectionState> connections) {}

    /**
     * The files in which dead letters wait that the database can't take.
     *
     * @param files how many
     * @param bytes in all of them
     */
    public record Spool(int files, long bytes) {
        static Spool in(Path folder) {
            File[] files = folder.toFile().listFiles((in, name) -> name.matches("dead-letters-.*[.]jsonl"));
            return files == null
                    ? new Spool(0, 0)
                    : new Spool(
                            files.length,
                            Arrays.stream(files).mapToLong(File::length).sum());
        }
    }
}
