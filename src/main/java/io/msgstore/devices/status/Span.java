/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.util.Map;
import java.util.function.ToLongFunction;

import io.msgstore.platform.accounting.Accounts;

/** What happened between two samples: rates in messages per second, to a thousandth: one in a minute is to be seen. */
record Span(Sample from, Sample to) {
    double received() {
        return rate(Accounts::received);
    }

    double stored() {
        return rate(accounts -> sum(accounts.stored()));
    }

    double duplicate() {
        return rate(accounts -> sum(accounts.duplicate()));
    }

    double dead() {
        return rate(accounts -> sum(accounts.dead()));
    }

    double dropped() {
        return rate(accounts -> sum(accounts.dropped()));
    }

    double filtered() {
        return rate(accounts -> sum(accounts.filtered()));
    }

    double ignored() {
        return rate(accounts -> sum(accounts.ignored()));
    }

    /** Messages, not a rate. */
    long countOf(ToLongFunction<Accounts> term) {
        return term.applyAsLong(to.counts()) - term.applyAsLong(from.counts());
    }

    double seconds() {
        return (to.nanos() - from.nanos()) / 1e9;
    }

    private double rate(ToLongFunction<Accounts> term) {
        return seconds() == 0 ? 0 : Math.round(1000 * countOf(term) / seconds()) / 1000.0;
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
