/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * The bytes of messages that were received and are not yet settled, and the most that there may be. Room is taken before a
 * message is read, and given back when the message is settled, so that it covers the window of the broker, the queue and the
 * batches together.
 *
 * <p>A message for which there is room costs one compare-and-set. One for which there is none waits in the order of arrival; where
 * nothing is in flight there is always room, so that no message waits for ever.
 */
public final class InFlightBytes {
    /** Counted for each message beside its bytes: what the heap holds for it while it is on its way. */
    static final int EACH = 1024;

    private static final long LOOK_MILLIS = 100;

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final Deque<Object> waiting = new ArrayDeque<>();
    private volatile boolean anyWaits;

    /** @param limit most bytes, of all messages together */
    public InFlightBytes(long limit) {
        this.limit = limit;
    }

    /** Most bytes, of all messages together. */
    public long limit() {
        return limit;
    }

    /** Bytes of the messages that are in flight, {@value #EACH} for each included. */
    public long used() {
        return used.get();
    }

    /** Whether messages wait for room. */
    public boolean isFull() {
        return anyWaits;
    }

    /** Takes room if there is some, and nobody waits for it. */
    boolean takeAtOnce(long bytes) {
        return !anyWaits && tryTake(bytes);
    }

    /**
     * Takes room, and waits for it as long as it is wanted.
     *
     * @return false when it is not wanted any more, or the thread was interrupted: then none is taken
     */
    boolean take(long bytes, BooleanSupplier wanted) {
        if (takeAtOnce(bytes)) {
            return true;
        }
        Object turn = new Object();
        synchronized (waiting) {
            waiting.add(turn);
            anyWaits = true;
            try {
                while (waiting.peek() != turn || !tryTake(bytes)) {
                    if (!wanted.getAsBoolean()) {
                        return false;
                    }
                    // it is woken; the limit is for what makes it unwanted
                    waiting.wait(LOOK_MILLIS);
                }
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } finally {
                waiting.remove(turn);
                anyWaits = !waiting.isEmpty();
                waiting.notifyAll();
            }
        }
    }

    private boolean tryTake(long bytes) {
        while (true) {
            long now = used.get();
            if (now > 0 && now + bytes > limit) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    /** Gives room back. */
    void giveBack(long bytes) {
        if (bytes == 0) {
            return;
        }
        used.addAndGet(-bytes);
        if (anyWaits) {
            synchronized (waiting) {
                waiting.notifyAll();
            }
        }
    }
}
