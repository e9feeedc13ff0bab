/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

import java.util.Map;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The accounts at one moment: every term of {@code received + dequeued = stored + duplicate + filtered + ignored + dropped +
 * dead + enqueued + in flight}, counted since the start of the process.
 *
 * @param since when counting began, RFC 3339, UTC
 * @param at the moment, RFC 3339, UTC
 * @param received messages that came in
 * @param dequeued messages taken from a durable queue
 * @param stored by event
 * @param duplicate by event
 * @param filtered by filter
 * @param ignored by event
 * @param dropped by reason
 * @param dead by reason
 * @param enqueued taken by a durable queue, by its name
 * @param inFlight messages that are on the way
 * @param unaccounted messages that completed without an outcome
 */
public record Accounts(
        String since,
        String at,
        long received,
        long dequeued,
        Map<String, Long> stored,
        Map<String, Long> duplicate,
        Map<String, Long> filtered,
        Map<String, Long> ignored,
        Map<String, Long> dropped,
        Map<String, Long> dead,
        Map<String, Long> enqueued,
        @JsonProperty("in_flight") long inFlight,
        long unaccounted) {

    /** Whether the identity holds, by the terms that are shown here. */
    public boolean isBalanced() {
        return received + dequeued
                == sum(stored)
                        + sum(duplicate)
                        + sum(filtered)
                        + sum(ignored)
                        + sum(dropped)
                        + sum(dead)
                        + sum(enqueued)
                        + inFlight;
    }

    private static long sum(Map<String, Long> byLabel) {
        return byLabel.values().stream().mapToLong(Long::longValue).sum();
    }
}
