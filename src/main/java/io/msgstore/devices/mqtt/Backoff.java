/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before one thing is tried again: about {@link MqttComponent#setReconnectDelay}, twice as long each further time,
 * up to {@link MqttComponent#setReconnectDelayMax}. Used by one thread.
 */
final class Backoff {
    // further doublings would overflow
    private static final int MOST_DOUBLINGS = 20;

    private final MqttComponent settings;
    private int attempts;

    Backoff(MqttComponent settings) {
        this.settings = settings;
    }

    /** The next delay in milliseconds, half of it at random: so that many clients do not come back in step. */
    long next() {
        long delay =
                Math.min(settings.reconnectDelayMax, settings.reconnectDelay << Math.min(attempts, MOST_DOUBLINGS));
        attempts++;
        return delay / 2 + ThreadLocalRandom.current().nextLong(delay / 2 + 1);
    }

    /** Begins with the shortest delay again. */
    void reset() {
        attempts = 0;
    }
}
