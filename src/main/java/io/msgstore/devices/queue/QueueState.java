/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.time.Duration;
import java.time.Instant;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.Secrets;

/** Whether the server behind a durable queue answers, and what msgstore does meanwhile. */
public final class QueueState {
    private static final Logger LOG = LoggerFactory.getLogger(QueueState.class);

    private final String queue;
    private final boolean hasFallback;
    private final String meanwhile;
    private final String afterwards;
    private Instant awaySince;
    private volatile String reason;

    /**
     * @param queue value of {@code msgstore.queue}
     * @param fallback value of {@code msgstore.queue.fallback}, empty for none
     */
    public QueueState(String queue, String fallback) {
        this(queue, !fallback.isEmpty(), meanwhile(fallback), "messages go there as before");
    }

    private QueueState(String queue, boolean hasFallback, String meanwhile, String afterwards) {
        this.queue = queue;
        this.hasFallback = hasFallback;
        this.meanwhile = meanwhile;
        this.afterwards = afterwards;
    }

    /** Of a queue that nothing is put into any more. */
    public static QueueState drained(String queue) {
        return new QueueState(
                queue, false, "what it holds waits there (msgstore.queue.drain)", "it is drained as before");
    }

    /** It answered. */
    public void answers() {
        if (reason == null) {
            return;
        }
        synchronized (this) {
            if (reason != null) {
                reason = null;
                LOG.info(
                        "The queue {} answers again, after {} s; {}",
                        queue,
                        Duration.between(awaySince, Instant.now()).toSeconds(),
                        afterwards);
            }
        }
    }

    /** @param error why it can't be used */
    public synchronized void fails(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String words = Secrets.mask(cause.getMessage() == null ? cause.toString() : cause.getMessage())
                .replaceAll("\\.+$", "");
        if (reason == null) {
            awaySince = Instant.now();
            LOG.warn("The queue {} does not take or give messages: {}. Meanwhile {}", queue, words, meanwhile);
        }
        reason = words;
    }

    private static String meanwhile(String fallback) {
        return switch (fallback) {
            case "" -> "they wait, and the broker keeps what it has not seen acknowledged";
            case "direct" -> "they are stored without a queue (msgstore.queue.fallback)";
            default -> "they go through the queue " + fallback + " (msgstore.queue.fallback)";
        };
    }

    /** Whether messages have to wait because it does not answer, or go another way. */
    public boolean isAway() {
        return reason != null;
    }

    /** Whether messages go another way because it does not answer. */
    public boolean isDegraded() {
        return isAway() && hasFallback;
    }

    /** Why it can't be used, and what is done instead; null when it can. */
    public String problem() {
        String now = reason;
        return now == null ? null : "the queue " + queue + " does not answer: " + now + "; " + meanwhile;
    }
}
