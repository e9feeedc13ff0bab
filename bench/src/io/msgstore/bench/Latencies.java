/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import org.HdrHistogram.Histogram;

/**
 * From publishing to the visible row, in milliseconds.
 *
 * @param samples messages that were looked at
 */
record Latencies(long samples, double p50, double p95, double p99, double p999, double max) {
    private static final double NANOS_PER_MILLI = 1e6;

    static Latencies of(Histogram nanos) {
        return new Latencies(
                nanos.getTotalCount(),
                nanos.getValueAtPercentile(50) / NANOS_PER_MILLI,
                nanos.getValueAtPercentile(95) / NANOS_PER_MILLI,
                nanos.getValueAtPercentile(99) / NANOS_PER_MILLI,
                nanos.getValueAtPercentile(99.9) / NANOS_PER_MILLI,
                nanos.getMaxValue() / NANOS_PER_MILLI);
    }
}
