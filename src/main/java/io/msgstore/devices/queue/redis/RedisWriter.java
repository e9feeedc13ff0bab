/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisException;

import io.msgstore.devices.queue.NotStored;
import io.msgstore.devices.queue.QueueState;
import io.msgstore.platform.accounting.Accounting;

/**
 * Writes messages to a stream, on a thread of its own: all that have arrived since the write before go in the next, which is
 * at least a millisecond later. A message's exchange goes on when Redis has answered; so a write whose answer was lost is
 * written again, and the database finds the duplicate.
 */
final class RedisWriter {
    private static final Logger LOG = LoggerFactory.getLogger(RedisWriter.class);
    private static final int MOST = 500;
    private static final long MOST_BYTES = 1 << 20;
    // each write costs Redis a script call here, and a script call and a command of a worker, however many messages it
    // has
    private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LOOK_MILLIS = 100;
    // between two looks at whether a full stream has room
    private static final long FULL_MILLIS = 5;
    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long LONGEST_BACKOFF_MILLIS = 1000;

    private final RedisStream stream;
    private final int capacity;
    private final boolean holds;
    private final Accounting accounting;
    private final QueueState state;
    private final BlockingQueue<Waiting> arrived;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Thread thread;
    private volatile boolean stopped;
    private long backoffMillis = FIRST_BACKOFF_MILLIS;
    private long writtenNanos = System.nanoTime() - BETWEEN_NANOS;

    /**
     * A message that waits for its place.
     *
     * @param deadlineNanos until when, of {@link System#nanoTime()}; {@link Long#MAX_VALUE} for ever
     * @param whenFull what to do then; null: its exchange fails
     */
    record Waiting(
            Exchange exchange, AsyncCallback callback, byte[] bytes, long deadlineNanos, AsyncProcessor whenFull) {
        boolean isLate() {
            return deadlineNanos != Long.MAX_VALUE && System.nanoTime() - deadlineNanos >= 0;
        }
    }

    /**
     * @param capacity most entries in the stream
     * @param holds whether messages wait while Redis is away; otherwise their exchanges fail
     */
    RedisWriter(RedisStream stream, int capacity, boolean holds, Accounting accounting, QueueState state) {
        this.stream = stream;
        this.capacity = capacity;
        this.holds = holds;
        this.accounting = accounting;
        this.state = state;
        // what waits for Redis takes memory here; a broker keeps within receive-maximum, but not at QoS 0
        arrived = new LinkedBlockingQueue<>(Math.max(1000, Math.min(capacity, 65_535)));
        thread = new Thread(this::run, "redis-writer");
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes a message on, as {@link AsyncProcessor#process(Exchange, AsyncCallback)}. */
    boolean write(Waiting message) {
        if (Thread.currentThread() == thread) {
            // the endpoint for a full stream sent the message back on this thread, which alone makes room
            waiting.add(message);
            accounting.leaving();
            return false;
        }
        try {
            boolean taken = arrived.offer(message);
            while (!taken && !stopped && !message.isLate()) {
                taken = arrived.offer(message, LOOK_MILLIS, TimeUnit.MILLISECONDS);
            }
            if (taken) {
                accounting.leaving();
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return giveUp(message, message.callback());
    }

    private void run() {
        while (!stopped) {
            try {
                gather();
                if (!waiting.isEmpty()) {
                    write();
                }
            } catch (InterruptedException e) {
                break;
            } catch (RuntimeException | Error e) {
                LOG.error("Unexpected error while writing to Redis; it is tried again", e);
            }
        }
        arrived.drainTo(waiting);
        while (!waiting.isEmpty()) {
            fail(waiting.poll(), new NotStored("stopped before Redis had the message"));
        }
    }

    private void gather() throws InterruptedException {
        long early = BETWEEN_NANOS - (System.nanoTime() - writtenNanos);
        // waits before it looks: the first message would wake this thread just to wait again
        if (early > 0 && waiting.size() + arrived.size() < MOST) {
            LockSupport.parkNanos(early);
        }
        if (waiting.isEmpty()) {
            Waiting first = arrived.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (first != null) {
                waiting.add(first);
            }
        }
        arrived.drainTo(waiting, MOST - waiting.size());
    }

    private void write() throws InterruptedException {
        List<byte[]> messages = new ArrayList<>(waiting.size());
        long bytes = 0;
        for (Waiting message : waiting) {
            bytes += message.bytes.length;
            if (!messages.isEmpty() && bytes > MOST_BYTES) {
                break;
            }
            messages.add(message.bytes);
        }
        int added;
        writtenNanos = System.nanoTime();
        try {
            added = stream.add(messages, capacity);
            state.answers();
            backoffMillis = FIRST_BACKOFF_MILLIS;
        } catch (RuntimeException e) {
            // a JedisException, unless something is wrong here: nor is that to be tried without a pause
            away(e);
            return;
        }
        for (int i = 0; i < added; i++) {
            accounting.left();
            waiting.poll().callback.done(false);
        }
        if (added < messages.size()) {
            full();
        }
    }

    private void full() throws InterruptedException {
        List<Waiting> late = waiting.stream().filter(Waiting::isLate).toList();
        waiting.removeAll(late);
        for (Waiting message : late) {
            accounting.left();
            giveUp(message, doneSync -> message.callback.done(false));
        }
        boolean full = true;
        while (full && !waiting.isEmpty() && !stopped && waiting.stream().noneMatch(Waiting::isLate)) {
            TimeUnit.MILLISECONDS.sleep(FULL_MILLIS);
            try {
                full = stream.length() >= capacity;
            } catch (JedisException e) {
                // the next write finds out
                full = false;
            }
        }
    }

    private boolean giveUp(Waiting message, AsyncCallback callback) {
        if (message.whenFull != null && !stopped) {
            return message.whenFull.process(message.exchange, callback);
        }
        message.exchange.setException(new NotStored("the stream in Redis is full"));
        callback.done(true);
        return true;
    }

    private void away(RuntimeException e) throws InterruptedException {
        state.fails(e);
        if (!holds) {
            while (!waiting.isEmpty()) {
                fail(waiting.poll(), e);
            }
            return;
        }
        synchronized (this) {
            if (!stopped) {
                wait(backoffMillis);
            }
        }
        backoffMillis = Math.min(LONGEST_BACKOFF_MILLIS, 2 * backoffMillis);
    }

    private void fail(Waiting message, Exception why) {
        accounting.left();
        message.exchange.setException(why);
        message.callback.done(false);
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
    }
}
