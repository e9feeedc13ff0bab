/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.platform.contract.TopicFilter;

/**
 * Gives the copies of a message one key, so that they become one dead letter. A broker may deliver a message once for each filter that
 * its topic matches. The copies of a good one have the same row; those of a bad one would be a dead letter each. As many are
 * taken for copies as there are filters that match, within a few seconds; one more is another message with the same content. A
 * broker that sends such a message once, for all of its filters, makes one dead letter of so many.
 */
final class Copies {
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST = 10_000;

    private final List<TopicFilter> filters;
    private final LongSupplier nanoTime;
    private final Map<String, Copy> awaited = new LinkedHashMap<>();

    private record Copy(String key, long nanos, AtomicInteger left) {}

    /** @param filters of our subscriptions, with {@code $share/<group>/} or without */
    Copies(List<String> filters, LongSupplier nanoTime) {
        this.filters = TopicFilter.withoutCovered(filters).stream()
                .map(TopicFilter::unshared)
                .map(TopicFilter::new)
                .toList();
        this.nanoTime = nanoTime;
    }

    /**
     * The key of the dead letter that the message becomes.
     *
     * @param own as an object whose text it is, the key that it has where it is the first or only one; null for any
     */
    String key(Envelope envelope, Object own) {
        long copies = filters.size() < 2
                ? 1
                : filters.stream()
                        .filter(filter -> filter.matches(envelope.topic()))
                        .count();
        // not made of the trace id: that is the sender's, of any length, and an index takes 2704 bytes
        String key = own == null ? UUID.randomUUID().toString() : own.toString();
        return copies < 2 ? key : shared(DeadLetter.hash(envelope), key, (int) copies);
    }

    private synchronized String shared(String hash, String key, int copies) {
        long now = nanoTime.getAsLong();
        Iterator<Copy> oldest = awaited.values().iterator();
        while (oldest.hasNext()) {
            Copy copy = oldest.next();
            if (awaited.size() < MOST && now - copy.nanos <= WINDOW_NANOS) {
                break;
            }
            oldest.remove();
        }
        Copy copy = awaited.computeIfAbsent(hash, h -> new Copy(key, now, new AtomicInteger(copies)));
        if (copy.left.decrementAndGet() == 0) {
            awaited.remove(hash);
        }
        return copy.key;
    }
}
