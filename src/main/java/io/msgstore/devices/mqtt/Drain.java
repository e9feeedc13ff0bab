/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.concurrent.TimeUnit;

/**
 * Decides when a connection that takes no more messages in may be left: when what it has in hand is settled, or nothing of it was
 * settled for a few seconds. It is asked again and again. Used by one thread.
 */
final class Drain {
    /** How long nothing may become settled. */
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private int left;
    private long until;
    private boolean wasEmpty;

    /**
     * @param left messages in hand
     * @param now in nanoseconds, as {@link System#nanoTime}
     */
    Drain(int left, long now) {
        this.left = left;
        this.until = now + PATIENCE_NANOS;
    }

    /**
     * Whether the connection may be left.
     *
     * @param left messages in hand now
     * @param arriving whether a message is arriving, which may be one that came in before the connection was closed to new ones
     * @param now in nanoseconds, as {@link System#nanoTime}
     */
    boolean isOver(int left, boolean arriving, long now) {
        boolean empty = !arriving && left == 0;
        // empty twice in a row: Artemis forgets acknowledgements that it hasn't come to when the connection ends
        if (empty && wasEmpty || left >= this.left && now - until > 0) {
            return true;
        }
        if (left < this.left) {
            until = now + PATIENCE_NANOS;
        }
        this.left = left;
        wasEmpty = empty;
        return false;
    }
}
