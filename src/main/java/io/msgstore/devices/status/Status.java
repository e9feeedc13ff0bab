/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * All that is to be known at one moment. Times are RFC 3339, UTC; rates messages per second; percentiles of the last minute,
 * in milliseconds, null when there was nothing to measure.
 *
 * @param at the moment
 * @param version of msgstore
 * @param startedAt when the process started
 * @param headline how things are, in words
 * @param counts messages since the start
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
        Counts counts,
        Map<String, Rate> rates,
        History.Point second,
        double oldestInFlightSeconds,
        Queue queue,
        Percentiles latency,
        Store database,
        Broker broker,
        Spool.Content spool,
        String bottleneck) {

    /** Messages since the start, by what became of them. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Counts(
            long received,
            long stored,
            long duplicate,
            long filtered,
            long ignored,
            long dropped,
            long dead,
            long inFlight,
            long unaccounted) {}

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
    public record Broker(int wanted, int connected, List<Connection> connections) {}

    /**
     * A connection to the broker.
     *
     * @param clientId names the session on the broker
     * @param connected whether it is up and subscribed
     * @param phase what it does, for people
     * @param since when it was made, or lost
     * @param lastError what went wrong last; null while nothing did
     * @param lastErrorAt when that was
     * @param inFlight messages that are not acknowledged
     * @param window most messages that the broker may leave unacknowledged
     * @param shortfalls what the broker does not grant that was asked for, in sentences
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Connection(
            String clientId,
            boolean connected,
            String phase,
            String since,
            String lastError,
            String lastErrorAt,
            int inFlight,
            int window,
            List<String> shortfalls) {}
}
