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
 * All that is to be known at one moment; {@code openapi.json} says what each field is. Times are RFC 3339, UTC; rates messages
 * per second; percentiles of the last minute, in milliseconds, null when there was nothing to measure.
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

    /** The queue and who takes from it. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Queue(String name, List<String> guarantees, int length, int capacity, String whenFull, int workers) {}

    /** Milliseconds below which so many per cent lie. */
    public record Percentiles(Double p50, Double p95, Double p99) {}

    /** The database. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Store(
            @JsonUnwrapped DatabaseWatch.State state,
            Percentiles writes,
            double statementsPerSecond,
            Double batchSize,
            int batchSizeMax) {}

    /** The connections to the broker. */
    public record Broker(int wanted, int connected, List<ConnectionState> connections) {}

    /** The files in which dead letters wait that the database can't take. */
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
