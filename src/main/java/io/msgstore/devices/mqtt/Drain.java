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
     * @param arriving whether a message is arriving, which may be one that came in before the connection was closed to new ones
     * @param left messages in hand after that was asked
     * @param now in nanoseconds, as {@link System#nanoTime}
     */
    boolean isOver(boolean arriving, int left, long now) {
        if (!arriving && left == 0 || left >= this.left && now - until > 0) {
            return true;
        }
        if (left < this.left) {
            until = now + PATIENCE_NANOS;
        }
        this.left = left;
        return false;
    }
}
