/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

import io.msgstore.devices.queue.QueueGate;
import io.msgstore.platform.config.Settings;

/**
 * What is set of the queue between intake and workers.
 *
 * @param name of the queue that is filled
 * @param drained name of the queue that is emptied beside it
 * @param fallback what takes messages while the server of a durable queue is away
 * @param size messages that it holds at most
 * @param waitMillis how long a message waits for a place; 0: not at all
 * @param workers that take messages from it, and as many from the one that is drained
 * @param maxInFlightBytes of all messages in flight
 * @param claimAfter how long what another instance took from Redis is left to it
 */
public record QueueSettings(
        String name,
        Optional<String> drained,
        Optional<String> fallback,
        int size,
        int waitMillis,
        int workers,
        int maxInFlightBytes,
        Duration claimAfter) {
    /** The one queue that does not outlive the process. */
    public static final String MEMORY = "memory";

    public static QueueSettings of(Settings settings) {
        return new QueueSettings(
                settings.text("msgstore.queue"),
                settings.optional("msgstore.queue.drain"),
                settings.optional("msgstore.queue.fallback"),
                settings.number("msgstore.queue-size"),
                QueueGate.waitMillis(
                        settings.text("msgstore.enqueue-mode"), settings.number("msgstore.enqueue-wait-ms")),
                settings.number("msgstore.workers"),
                settings.number("msgstore.max-in-flight-bytes"),
                settings.duration("msgstore.redis.claim-after"));
    }

    /** Whether the queue outlives the process. */
    public boolean isDurable() {
        return !name.equals(MEMORY);
    }

    /** Whether messages come from a queue that outlives the process. */
    boolean takesFromDurable() {
        return isDurable() || drained.isPresent();
    }

    /**
     * How many bytes of messages from the broker may be in flight. Those that workers take from a durable queue have the other half:
     * with room in common, messages that wait for a place in the queue could take what the workers need to make one.
     */
    int receivedBytes() {
        return takesFromDurable() ? maxInFlightBytes / 2 : maxInFlightBytes;
    }

    /** How many bytes each worker may take from a durable queue at a time. */
    public int takenBytes() {
        int queues = isDurable() && drained.isPresent() ? 2 : 1;
        return maxInFlightBytes / 2 / (queues * workers);
    }

    /** What the routes of the queue ask for beside settings: {@code {{queue.…}}}. */
    public Map<String, String> placeholders() {
        Map<String, String> placeholders = new HashMap<>();
        placeholders.put("queue.wait-ms", Integer.toString(waitMillis));
        // to seda: a wait of 0 is one without an end
        placeholders.put("queue.waits", Boolean.toString(waitMillis > 0));
        boolean holds = fallback.isEmpty();
        placeholders.put("queue.holds", Boolean.toString(holds));
        // without another way a message waits, however long; with one it goes there before long
        placeholders.put("queue.delivery-timeout-ms", holds ? "2147483647" : "5000");
        placeholders.put("queue.request-timeout-ms", holds ? "10000" : "3000");
        placeholders.put("queue.max-bytes", Integer.toString(takenBytes()));
        placeholders.put("queue.claim-after-ms", Long.toString(claimAfter.toMillis()));
        return placeholders;
    }
}
