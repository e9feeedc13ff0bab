/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.HashMap;
import java.util.Map;

import io.msgstore.platform.config.Settings;

/** What follows from the settings of the queue between intake and workers. */
public record QueueSettings(Settings settings) {
    /** The one queue that does not outlive the process. */
    public static final String MEMORY = "memory";

    /** Whether the queue outlives the process. */
    public boolean isDurable() {
        return !settings.text("msgstore.queue").equals(MEMORY);
    }

    private boolean drains() {
        return settings.optional("msgstore.queue.drain").isPresent();
    }

    /** Whether messages come from a queue that outlives the process. */
    boolean takesFromDurable() {
        return isDurable() || drains();
    }

    /** How long a message waits for a place in a full queue at first, in milliseconds; 0: not at all. */
    int waitMillis() {
        return settings.text("msgstore.enqueue-mode").equals("drop") ? 0 : settings.number("msgstore.enqueue-wait-ms");
    }

    /**
     * How many bytes of messages from the broker may be in flight. Those that workers take from a durable queue have the other half:
     * with room in common, messages that wait for a place in the queue could take what the workers need to make one.
     */
    int receivedBytes() {
        int all = settings.number("msgstore.max-in-flight-bytes");
        return takesFromDurable() ? all / 2 : all;
    }

    /** How many bytes each worker may take from a durable queue at a time. */
    public int takenBytes() {
        int queues = isDurable() && drains() ? 2 : 1;
        return settings.number("msgstore.max-in-flight-bytes") / 2 / (queues * settings.number("msgstore.workers"));
    }

    /** What the routes of the queue ask for beside settings: {@code {{queue.…}}}. */
    public Map<String, String> placeholders() {
        Map<String, String> placeholders = new HashMap<>();
        placeholders.put("queue.wait-ms", Integer.toString(waitMillis()));
        // to seda: a wait of 0 is one without an end
        placeholders.put("queue.waits", Boolean.toString(waitMillis() > 0));
        boolean holds = settings.optional("msgstore.queue.fallback").isEmpty();
        placeholders.put("queue.holds", Boolean.toString(holds));
        // without another way a message waits, however long; with one it goes there before long
        placeholders.put("queue.delivery-timeout-ms", holds ? "2147483647" : "5000");
        placeholders.put("queue.request-timeout-ms", holds ? "10000" : "3000");
        placeholders.put("queue.max-bytes", Integer.toString(takenBytes()));
        placeholders.put(
                "queue.claim-after-ms",
                Long.toString(settings.duration("msgstore.redis.claim-after").toMillis()));
        return placeholders;
    }
}
