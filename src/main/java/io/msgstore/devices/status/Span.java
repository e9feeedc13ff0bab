/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

import io.msgstore.platform.accounting.Accounts;

/** What happened between two samples. */
record Span(Sample from, Sample to) {
    /** Messages since the start: {@code received}, and what became of them. */
    static Map<String, Long> totals(Accounts accounts) {
        Map<String, Long> totals = new LinkedHashMap<>();
        totals.put("received", accounts.received());
        totals.put("stored", sum(accounts.stored()));
        totals.put("duplicate", sum(accounts.duplicate()));
        totals.put("filtered", sum(accounts.filtered()));
        totals.put("ignored", sum(accounts.ignored()));
        totals.put("dropped", sum(accounts.dropped()));
        totals.put("dead", sum(accounts.dead()));
        return totals;
    }

    /**
     * Messages per second, to a thousandth: one in a minute is to be seen.
     *
     * @param term of {@link #totals}
     */
    double rate(String term) {
        return seconds() == 0
                ? 0
                : Math.round(1000 * countOf(accounts -> totals(accounts).get(term)) / seconds()) / 1000.0;
    }

    /** Messages, not a rate. */
    long countOf(ToLongFunction<Accounts> term) {
        return term.applyAsLong(to.counts()) - term.applyAsLong(from.counts());
    }

    double seconds() {
        return (to.nanos() - from.nanos()) / 1e9;
    }

    static long sum(Map<String, Long> byLabel) {
        return byLabel.values().stream().mapToLong(Long::longValue).sum();
    }

    static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }

    static Double rounded(Double value) {
        return value == null ? null : (Double) round(value);
    }
}
