/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what holds messages up, once that has lasted, and the setting that changes it. A step of a route that runs
 * once a second.
 */
public final class Bottleneck implements Processor {
    private static final Logger LOG = LoggerFactory.getLogger(Bottleneck.class);
    private static final int SECONDS = 10;
    private static final int FORGOTTEN_AFTER_SECONDS = 60;
    private static final double FULL = 0.9;
    private static final double BUSY_PROCESSORS = 0.9;
    private static final double BUSY = 0.7;
    // a third one begins only when two take long
    private static final int WRITERS = 2;
    // a flow whose peak in flight is lower, or which is slower, may have the same peak every second by chance
    private static final int LEAST_WINDOW = 10;
    private static final int LEAST_WINDOWS_A_SECOND = 10;

    private final Supplier<Look> looker;
    private final Limits limits;
    private final Deque<Look> looks = new ArrayDeque<>();
    private final Set<Cause> said = EnumSet.noneOf(Cause.class);
    private int secondsSince;
    private volatile String current;

    /**
     * What is seen at one moment.
     *
     * @param nanos when, of {@link System#nanoTime()}
     * @param received messages since the start
     * @param peakInFlight the most messages in flight since the look before
     * @param queueLength messages in the queue
     * @param statementMillis time that statements took since the start, all workers together
     * @param processorLoad of the machine, 0 to 1
     * @param ownLoad of this process, 0 to 1
     * @param bytesFull whether messages wait until the bytes in flight have room for them
     * @param outage whether the database refuses batches, which is said elsewhere
     */
    public record Look(
            long nanos,
            long received,
            int peakInFlight,
            int queueLength,
            double statementMillis,
            double processorLoad,
            double ownLoad,
            boolean bytesFull,
            boolean outage) {}

    /**
     * The settings that limit the flow.
     *
     * @param receiveMaximum of all connections together
     * @param enoughInFlight messages in flight with which the intake stops reading as long as the workers get on
     * @param inFlightBytes bytes of messages in flight with which it stops in any case
     */
    public record Limits(
            int queueSize, int receiveMaximum, int enoughInFlight, long inFlightBytes, int workers, int batchSize) {}

    enum Cause {
        PROCESSORS,
        BROKER,
        DATABASE,
        STUCK_DATABASE,
        WORKERS,
        IN_FLIGHT_BYTES,
        RECEIVE_MAXIMUM
    }

    /** @param looker takes a look; called once a second */
    public Bottleneck(Limits limits, Supplier<Look> looker) {
        this.limits = limits;
        this.looker = looker;
    }

    @Override
    public void process(Exchange exchange) {
        look().ifPresent(text -> LOG.warn("{}", text));
    }

    /** Takes a look; the answer is what there is to say, if it was not said already. */
    Optional<String> look() {
        looks.add(looker.get());
        if (looks.size() > SECONDS + 1) {
            looks.poll();
        }
        Cause cause = looks.size() > SECONDS ? cause() : null;
        current = cause == null ? null : text(cause);
        if (cause == null) {
            secondsSince++;
            if (secondsSince >= FORGOTTEN_AFTER_SECONDS) {
                said.clear();
            }
            return Optional.empty();
        }
        secondsSince = 0;
        return said.add(cause) ? Optional.of(current) : Optional.empty();
    }

    /** What holds messages up at this moment, and has for ten seconds; null when nothing does. */
    public String current() {
        return current;
    }

    private Cause cause() {
        if (looks.stream().anyMatch(Look::outage)) {
            return null;
        }
        boolean queueFull = always(look -> look.queueLength >= FULL * limits.queueSize);
        boolean enough = always(look -> look.peakInFlight >= FULL * limits.enoughInFlight);
        boolean receiveMaximum = always(look -> look.peakInFlight >= FULL * limits.receiveMaximum);
        boolean bytes = always(Look::bytesFull);
        boolean brokersWindow = !bytes && isBrokersWindow();
        if (!queueFull && !enough && !receiveMaximum && !bytes && !brokersWindow) {
            return null;
        }
        if (mean(Look::processorLoad) >= BUSY_PROCESSORS) {
            return Cause.PROCESSORS;
        }
        if (brokersWindow) {
            return Cause.BROKER;
        }
        double load = statementsUnderWay();
        if (load == 0) {
            return Cause.STUCK_DATABASE;
        }
        if (load >= BUSY * Math.min(WRITERS, limits.workers)) {
            return Cause.DATABASE;
        }
        if (bytes && !queueFull) {
            return Cause.IN_FLIGHT_BYTES;
        }
        return receiveMaximum && !queueFull ? Cause.RECEIVE_MAXIMUM : Cause.WORKERS;
    }

    private boolean always(Predicate<Look> state) {
        return looks.stream().skip(1).allMatch(state);
    }

    // always the same number in flight, and it is not our limit
    private boolean isBrokersWindow() {
        int peak = looks.getLast().peakInFlight;
        return peak >= LEAST_WINDOW
                && peak < FULL * Math.min(limits.receiveMaximum, limits.enoughInFlight)
                && always(look -> look.peakInFlight == peak)
                && (looks.getLast().received - looks.getFirst().received) / seconds()
                        >= LEAST_WINDOWS_A_SECOND * (double) peak;
    }

    private double statementsUnderWay() {
        return (looks.getLast().statementMillis - looks.getFirst().statementMillis) / 1000 / seconds();
    }

    private double seconds() {
        return (looks.getLast().nanos - looks.getFirst().nanos) / 1e9;
    }

    private double mean(ToDoubleFunction<Look> load) {
        return looks.stream().skip(1).mapToDouble(load).average().orElse(0);
    }

    private String text(Cause cause) {
        return switch (cause) {
            case PROCESSORS ->
                String.format(
                        "Held up by this machine's processors: %.0f %% busy, %.0f %% by msgstore. More of them would help, or"
                                + " less that runs beside it; a larger msgstore.batch-size (%d) saves some.",
                        100 * mean(Look::processorLoad), 100 * mean(Look::ownLoad), limits.batchSize);
            case BROKER ->
                String.format(
                        "Held up by the broker, if it has messages waiting: it never has more than %d in flight to us, and"
                                + " msgstore.mqtt.receive-maximum allows %d. Raise its limit (Mosquitto: max_inflight_messages),"
                                + " or msgstore.mqtt.consumers.",
                        looks.getLast().peakInFlight, limits.receiveMaximum);
            case DATABASE ->
                String.format(
                        "Held up by the database: %.1f statements are under way at a time. Look at its disks, locks and"
                                + " indexes; where it has room, raise msgstore.batch-size (%d).",
                        statementsUnderWay(), limits.batchSize);
            case STUCK_DATABASE ->
                "Held up by the database: no statement has ended for " + SECONDS
                        + " s. Look for locks; a statement that takes"
                        + " longer than msgstore.db-timeout-ms is cut off.";
            case WORKERS ->
                String.format(
                        "Held up by the workers: messages wait for them, though only %.1f statements are under way at a time"
                                + " and the processors are %.0f %% busy. Look for slow steps in the routes, or raise"
                                + " msgstore.workers (%d).",
                        statementsUnderWay(), 100 * mean(Look::processorLoad), limits.workers);
            case IN_FLIGHT_BYTES ->
                String.format(
                        "Held up by msgstore.max-in-flight-bytes: messages of %d bytes are in flight, no more have room, and"
                                + " only %.1f statements are under way at a time. Raise it, and Java's heap (-Xmx) with it.",
                        limits.inFlightBytes, statementsUnderWay());
            case RECEIVE_MAXIMUM ->
                String.format(
                        "Held up by msgstore.mqtt.receive-maximum: all %d messages that it allows are in flight, and only %.1f"
                                + " statements are under way at a time. Raise it, and msgstore.queue-size (%d) with it.",
                        limits.receiveMaximum, statementsUnderWay(), limits.queueSize);
        };
    }
}
