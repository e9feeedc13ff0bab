/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

import io.msgstore.baseline.RedisByHand;
import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.queue.Hop;

/**
 * One trial of the hop, in a process of its own: what {@code direct:enqueue} is given until {@code direct:dispatch} has it,
 * with the routes of a queue and nothing else. What arrives is stored, as far as the queue can tell, at once. The argument is
 * a {@link Plan}; prints {@value #BEGIN} and then {@value #RESULT} with a {@link Result}, both as JSON.
 */
public final class HopMain {
    /** Begins the line that says that the warm-up is over. */
    static final String BEGIN = "measuring";
    /** Begins the line with the result. */
    static final String RESULT = "result ";

    static final ObjectMapper JSON = new ObjectMapper();

    /** Setting of the contender that is none of msgstore's. */
    static final String BY_HAND = "by-hand";

    private static final double MICROS = 1e6;
    private static final int TRACE_ID = 32;
    private static final double MIB = 1 << 20;
    // messages made beforehand, that are sent again and again; more than are in flight
    private static final int RING = 16_384;
    // those of the one connection to the broker, as msgstore has them by default
    private static final int WINDOW = 10_000;
    private static final int EVERY = 64;
    // at the rate of the trial, for which the compiler does much of it once more
    private static final int WARM_UP_SECONDS = 45;
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    private final Plan plan;
    private final Envelope[] ring = new Envelope[RING];
    // by place in the ring: when the message was due, 0 when it has arrived
    private final AtomicLongArray due = new AtomicLongArray(RING);
    private final LongAdder arrived = new LongAdder();
    private final Histogram nanos = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(10), 3);
    private volatile boolean timing;
    private long sent;

    /**
     * What is to be done.
     *
     * @param warmUp messages before the measured ones, as fast as it goes
     * @param rate messages a second, 0 for as fast as it goes
     * @param serverPid process of the queue's server, 0 where there is none
     * @param settings of msgstore
     */
    record Plan(
            int warmUp,
            int messages,
            int rate,
            int devices,
            int padding,
            long serverPid,
            Map<String, String> settings) {}

    /**
     * What came of it.
     *
     * @param seconds from the first message sent to the last one arrived
     * @param cpuMicros CPU of this process per message, that of the sender included
     * @param serverCpuMicros CPU of the queue's server per message
     * @param residentMb the most memory resident, MiB
     * @param liveHeapMb objects in use under this load, after a full collection; without the messages made beforehand
     * @param latencies null without a rate
     */
    record Result(
            double seconds,
            double cpuMicros,
            double serverCpuMicros,
            double residentMb,
            double liveHeapMb,
            Latencies latencies) {}

    private HopMain(Plan plan) {
        this.plan = plan;
    }

    public static void main(String[] arguments) throws Exception {
        Result result = new HopMain(JSON.readValue(arguments[0], Plan.class)).measure();
        System.out.println(RESULT + JSON.writeValueAsString(result));
        System.exit(0);
    }

    private Result measure() {
        double heapBefore = liveHeapMb();
        fillRing();
        double ringMb = liveHeapMb() - heapBefore;
        Consumer<Envelope> hop = plan.settings.containsKey(BY_HAND) ? byHand() : routes();
        send(hop, plan.warmUp, 0);
        send(hop, WARM_UP_SECONDS * plan.rate, plan.rate);
        awaitArrivals();
        timing = plan.rate > 0;
        System.out.println(BEGIN);
        long self = ProcessHandle.current().pid();
        double cpu = ProcessMeter.cpuSeconds(self);
        double serverCpu = ProcessMeter.cpuSeconds(plan.serverPid);
        long begin = System.nanoTime();
        send(hop, plan.messages, plan.rate);
        awaitArrivals();
        double seconds = (System.nanoTime() - begin) / 1e9;
        cpu = ProcessMeter.cpuSeconds(self) - cpu;
        serverCpu = ProcessMeter.cpuSeconds(plan.serverPid) - serverCpu;
        double resident = ProcessMeter.mostResidentMb(self);
        Latencies latencies = timing ? Latencies.of(nanos.copy()) : null;
        return new Result(
                seconds,
                cpu * MICROS / plan.messages,
                serverCpu * MICROS / plan.messages,
                resident,
                liveHeapUnderLoadMb(hop) - ringMb,
                latencies);
    }

    private void fillRing() {
        LoadPublisher load = LoadPublisher.to("").devices(plan.devices).padding(plan.padding);
        for (int i = 0; i < RING; i++) {
            byte[] payload = load.payload(i).getBytes(StandardCharsets.UTF_8);
            ReceivedMessage source = new ReceivedMessage(load.topic(i), payload).qos(1);
            // of the usual length, and tells its place
            ring[i] = Envelope.of(source.traceId("%032d".formatted(i)), Integer.MAX_VALUE);
        }
    }

    private void send(Consumer<Envelope> hop, int messages, int rate) {
        long begin = System.nanoTime();
        for (int i = 0; i < messages; i++) {
            int place = (int) (sent % RING);
            if (rate == 0) {
                while (sent % EVERY == 0 && sent - arrived.sum() > WINDOW - EVERY) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
            } else {
                long at = begin + (long) (i * 1e9 / rate);
                for (long wait = at - System.nanoTime(); wait > 0; wait = at - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
                while (due.get(place) != 0) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
                due.set(place, at);
            }
            hop.accept(ring[place]);
            sent++;
        }
    }

    private Consumer<Envelope> routes() {
        Hop.Builder builder = Hop.of(plan.settings.getOrDefault(QueueServer.QUEUE, "memory"), Path.of("target"))
                // more than are in flight: none is dropped
                .set("msgstore.queue-size", 10 * WINDOW);
        plan.settings.forEach(builder::set);
        Hop hop = builder.start();
        hop.onArrival(one -> {
            note(Integer.parseInt(one.envelope().traceId()));
            one.store();
            arrived.increment();
        });
        return hop::send;
    }

    private Consumer<Envelope> byHand() {
        RedisByHand redis = new RedisByHand(plan.settings.get("msgstore.redis.url"), message -> {
            // the trace id is the last field
            int end = message.length - 2;
            note(Integer.parseInt(new String(message, end - TRACE_ID, TRACE_ID, StandardCharsets.US_ASCII)));
            arrived.increment();
        });
        return envelope -> redis.send(envelope.json());
    }

    private void note(int place) {
        if (plan.rate > 0) {
            long at = due.getAndSet(place, 0);
            if (at != 0 && timing) {
                nanos.recordValue(Math.max(0, System.nanoTime() - at));
            }
        }
    }

    private void awaitArrivals() {
        while (arrived.sum() < sent) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private double liveHeapUnderLoadMb(Consumer<Envelope> hop) {
        int messages = plan.rate > 0 ? 2 * plan.rate : plan.messages;
        Thread load = new Thread(() -> send(hop, messages, plan.rate), "load");
        load.setDaemon(true);
        load.start();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
        return liveHeapMb();
    }

    private static double liveHeapMb() {
        System.gc();
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                        .map(MemoryPoolMXBean::getCollectionUsage)
                        .filter(usage -> usage != null)
                        .mapToLong(MemoryUsage::getUsed)
                        .sum()
                / MIB;
    }
}
