/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;

/**
 * A meter's histogram at one moment. Two of them tell the percentiles of what was recorded between, as precisely as the
 * buckets are fine (a fifth of the value or so), and cost the recording thread nothing.
 */
final class Distribution {
    private static final Distribution EMPTY = new Distribution(new double[0], new double[0], 0, 0);

    // counts[i] values were at most bounds[i]
    private final double[] bounds;
    private final double[] counts;
    private final long count;
    private final double total;

    private Distribution(double[] bounds, double[] counts, long count, double total) {
        this.bounds = bounds;
        this.counts = counts;
        this.count = count;
        this.total = total;
    }

    /** @param summary one that publishes a histogram of cumulative buckets, as Prometheus has them; null counts as empty */
    static Distribution of(DistributionSummary summary) {
        if (summary == null) {
            return EMPTY;
        }
        HistogramSnapshot snapshot = summary.takeSnapshot();
        CountAtBucket[] buckets = snapshot.histogramCounts();
        double[] bounds = new double[buckets.length];
        double[] counts = new double[buckets.length];
        for (int i = 0; i < buckets.length; i++) {
            bounds[i] = buckets[i].bucket();
            counts[i] = buckets[i].count();
        }
        return new Distribution(bounds, counts, snapshot.count(), snapshot.total());
    }

    /** Values recorded since the earlier moment. */
    long countSince(Distribution earlier) {
        return Math.max(0, count - earlier.count);
    }

    /** Mean of the values recorded since the earlier moment; null when there are none. */
    Double meanSince(Distribution earlier) {
        long values = countSince(earlier);
        return values == 0 ? null : (total - earlier.total) / values;
    }

    /**
     * The value below which the share of those recorded since the earlier moment lies; null when there are none. Above the
     * largest bound it is that bound.
     *
     * @param share 0 to 1
     */
    Double percentileSince(Distribution earlier, double share) {
        long values = countSince(earlier);
        if (values == 0 || bounds.length == 0) {
            return null;
        }
        double rank = share * values;
        double below = 0;
        for (int i = 0; i < bounds.length; i++) {
            double upTo = counts[i] - (earlier.counts.length == 0 ? 0 : earlier.counts[i]);
            if (upTo >= rank && upTo > below) {
                double from = i == 0 ? 0 : bounds[i - 1];
                return from + (bounds[i] - from) * (rank - below) / (upTo - below);
            }
            below = upTo;
        }
        return bounds[bounds.length - 1];
    }
}
