/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench.load;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/**
 * Publishes positions whose keys are known: message {@code i} of {@code n} is of device {@code i % devices}, and its
 * {@code ts} is {@code firstTs + i / devices} (epoch seconds), so that the table must hold exactly {@code n} rows of the
 * prefix afterwards. At QoS 1 and 2 it goes on until every message is acknowledged: after a lost connection it connects again and
 * sends what was not acknowledged, as a good device does.
 *
 * <p>It speaks MQTT 3.1.1 by itself, over plain sockets, because a load must not be limited by a client library.
 */
public final class LoadPublisher {
    private final URI broker;
    private int messages = 1000;
    private int rate;
    private int qos = 1;
    private int connections = 1;
    private int devices = 100;
    private int window = 1000;
    private int padding;
    private long firstTs = 1_770_000_000L;
    private String prefix = "load";
    private int commandEvery;
    private int badEvery;
    private int jumpFrom = Integer.MAX_VALUE;
    private int jumpTo = Integer.MAX_VALUE;
    private long jumpSeconds;
    private boolean numbered;
    private int duplicateEvery;
    private boolean timed;
    private volatile String[] terminals;

    private LoadPublisher(String url) {
        this.broker = URI.create(url);
    }

    /** Prepares a load for a broker, such as {@code tcp://127.0.0.1:1883}. */
    public static LoadPublisher to(String url) {
        return new LoadPublisher(url);
    }

    public LoadPublisher messages(int value) {
        messages = value;
        return this;
    }

    /** Messages a second, all connections together; 0, the default, for as fast as it goes. */
    public LoadPublisher rate(int value) {
        rate = value;
        return this;
    }

    /** 0, 1 (the default) or 2. */
    public LoadPublisher qos(int value) {
        qos = value;
        return this;
    }

    /** A device sticks to one connection, and its messages stay in order, when this divides {@link #devices(int)}. */
    public LoadPublisher connections(int value) {
        connections = value;
        return this;
    }

    public LoadPublisher devices(int value) {
        devices = value;
        terminals = null;
        return this;
    }

    /** How many messages a connection may have unacknowledged, up to 65,535. */
    public LoadPublisher window(int value) {
        window = value;
        return this;
    }

    /** Makes each message larger by so many bytes. */
    public LoadPublisher padding(int bytes) {
        padding = bytes;
        return this;
    }

    public LoadPublisher firstTs(long epochSeconds) {
        firstTs = epochSeconds;
        return this;
    }

    /** Starts of the {@code terminal_id}s, to tell loads apart. */
    public LoadPublisher prefix(String value) {
        prefix = value;
        terminals = null;
        return this;
    }

    /** Makes every n-th message a {@code cmd}; 0, the default, for none. */
    public LoadPublisher commandEvery(int n) {
        commandEvery = n;
        return this;
    }

    /** Gives every n-th message, unless it is a command, a latitude that no database takes; 0, the default, for none. */
    public LoadPublisher badEvery(int n) {
        badEvery = n;
        return this;
    }

    /** Lets the devices' clocks be wrong by so many seconds in the messages from {@code from} to before {@code to}. */
    public LoadPublisher clockJump(int from, int to, long seconds) {
        jumpFrom = from;
        jumpTo = to;
        jumpSeconds = seconds;
        return this;
    }

    /** Makes every n-th message the same, topic and payload, as the one before it; 0, the default, for none. */
    public LoadPublisher duplicateEvery(int n) {
        duplicateEvery = n;
        return this;
    }

    /** Keeps when each message was due (with a rate) or written (without), for {@link Running#sentNanos}. */
    public LoadPublisher timed() {
        timed = true;
        return this;
    }

    /** Puts the number of each message into it, as {@code n} of what ends in the column {@code extra}. */
    public LoadPublisher numbered() {
        numbered = true;
        return this;
    }

    /** {@code terminal_id} of message {@code i}. */
    public String terminal(int i) {
        String[] names = terminals;
        if (names == null) {
            names = IntStream.range(0, devices)
                    .mapToObj(device -> String.format(Locale.ROOT, "%s-%05d", prefix, device))
                    .toArray(String[]::new);
            terminals = names;
        }
        return names[i % devices];
    }

    /** {@code ts} of message {@code i}, in epoch seconds. */
    public long ts(int i) {
        return firstTs + i / devices + (i >= jumpFrom && i < jumpTo ? jumpSeconds : 0);
    }

    /** {@code latitude} of message {@code i}, in whole degrees: another one in each message of a device. */
    public int latitude(int i) {
        return i / devices % 90;
    }

    /** Topic of message {@code i}. */
    public String topic(int i) {
        return "devices/" + terminal(original(i)) + "/up";
    }

    /** Number of the message that message {@code i} repeats; its own when it is none that repeats. */
    public int original(int i) {
        return duplicateEvery > 0 && i % duplicateEvery == duplicateEvery - 1 ? i - 1 : i;
    }

    private boolean isCommand(int i) {
        return commandEvery > 0 && i % commandEvery == 0;
    }

    /** Whether message {@code i} can't be stored. */
    public boolean isBad(int i) {
        return badEvery > 0 && i % badEvery == badEvery - 1 && !isCommand(i);
    }

    /** Payload of message {@code number}. */
    public String payload(int number) {
        return original(number) == number ? content(number) : content(number - 1);
    }

    private String content(int i) {
        String number = numbered ? "\"n\":" + i : "";
        if (isCommand(i)) {
            return "{\"event\":\"cmd\",\"type\":\"ping\",\"terminal\":\"" + terminal(i) + "\",\"ts\":" + ts(i)
                    + (numbered ? "," + number : "") + "}";
        }
        String fill = padding == 0 ? "" : "\"padding\":\"" + "x".repeat(padding) + "\"";
        String extra = number + (numbered && padding > 0 ? "," : "") + fill;
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal(i) + "\",\"ts\":" + ts(i)
                + ",\"latitude\":" + (isBad(i) ? "\"abc\"" : latitude(i))
                + ",\"longitude\":13.405000,\"altitude\":34,\"speed\":42.5,\"direction\":90,"
                + "\"status\":3,\"alarm\":0"
                + (extra.isEmpty() ? "" : ",\"extra\":{" + extra + "}") + "}";
    }

    /** Publishes all and waits until all is acknowledged (QoS 1 and 2) or written (QoS 0), up to five minutes. */
    public Result run() {
        return start().await(Duration.ofMinutes(5));
    }

    /** Publishes in the background. */
    public Running start() {
        // made before the first message, which would wait for it
        terminal(0);
        long[] sentNanos = timed ? new long[messages] : null;
        List<PublisherConnection> parts = new ArrayList<>();
        for (int number = 0; number < connections; number++) {
            parts.add(
                    new PublisherConnection(this, broker, number, connections, messages, qos, window, rate, sentNanos));
        }
        return new Running(parts, messages, sentNanos, System.nanoTime());
    }

    /** What was published. {@code sent} is above {@code messages} when some had to be sent again. */
    public record Result(int messages, long sent, Duration took) {
        public double perSecond() {
            return messages * 1e9 / took.toNanos();
        }
    }

    /** A load that is under way. */
    public static final class Running implements AutoCloseable {
        private final List<PublisherConnection> parts;
        private final int messages;
        private final long[] sentNanos;
        private final long startedAt;
        private final CompletableFuture<Void> done;

        private Running(List<PublisherConnection> parts, int messages, long[] sentNanos, long startedAt) {
            this.parts = parts;
            this.messages = messages;
            this.sentNanos = sentNanos;
            this.startedAt = startedAt;
            this.done = CompletableFuture.allOf(
                    parts.stream().map(PublisherConnection::start).toArray(CompletableFuture[]::new));
        }

        /** Messages that the broker took over so far: acknowledged ones, or at QoS 0 written ones. */
        public long acknowledged() {
            return parts.stream().mapToLong(PublisherConnection::acknowledged).sum();
        }

        /** Messages that were begun so far, acknowledged or not. */
        public int published() {
            return parts.stream().mapToInt(PublisherConnection::published).sum();
        }

        /** By {@link System#nanoTime()}: when the load was started. */
        public long startedNanos() {
            return startedAt;
        }

        /** By {@link System#nanoTime()}: when message {@code i} was due or written; only of a load that is timed. */
        public long sentNanos(int i) {
            return sentNanos[i];
        }

        /** Begins no further message; {@link #await} then waits for the acknowledgements of those that were begun. */
        public void finish() {
            parts.forEach(PublisherConnection::finish);
        }

        /** @throws IllegalStateException when not all is done in time */
        public Result await(Duration limit) {
            try {
                done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                close();
                throw new IllegalStateException(
                        acknowledged() + " of " + messages + " messages acknowledged after " + limit);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            long sent = parts.stream().mapToLong(PublisherConnection::sent).sum();
            return new Result(messages, sent, Duration.ofNanos(System.nanoTime() - startedAt));
        }

        /** Stops publishing, finished or not. */
        @Override
        public void close() {
            parts.forEach(PublisherConnection::stop);
        }
    }
}
