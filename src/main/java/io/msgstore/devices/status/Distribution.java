/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;

/**
 * A meter's histogram at one moment. Two of them tell the percentiles of what was recorded between, as precisely as the
 * buckets are fine (a fifth of the value or so), and cost the recording thread nothing.
 */
record Distribution(HistogramSnapshot snapshot) {
    private static final HistogramSnapshot EMPTY = HistogramSnapshot.empty(0, 0, 0);

    /** @param summary one that publishes a histogram of cumulative buckets, as Prometheus has them; null counts as empty */
    static Distribution of(DistributionSummary summary) {
        return new Distribution(summary == null ? EMPTY : summary.takeSnapshot());
    }

    /** Values recorded since the earlier moment. */
    long countSince(Distribution earlier) {
        return Math.max(0, snapshot.count() - earlier.snapshot.count());
    }

    /** Mean of the values recorded since the earlier moment; null when there are none. */
    Double meanSince(Distribution earlier) {
        long values = countSince(earlier);
        return values == 0 ? null : (snapshot.total() - earlier.snapshot.total()) / values;
    }

    /**
     * The value below which the share of those recorded since the earlier moment lies; null when there are none. Above the
     * largest bound it is that bound.
     *
     * @param share 0 to 1
     */
    Double percentileSince(Distribution earlier, double share) {
        long values = countSince(earlier);
        CountAtBucket[] buckets = snapshot.histogramCounts();
        CountAtBucket[] before = earlier.snapshot.histogramCounts();
        if (values == 0 || buckets.length == 0) {
            return null;
        }
        double rank = share * values;
        double below = 0;
        for (int i = 0; i < buckets.length; i++) {
            double upTo = buckets[i].count() - (before.length == 0 ? 0 : before[i].count());
            if (upTo >= rank && upTo > below) {
                double from = i == 0 ? 0 : buckets[i - 1].bucket();
                return from + (buckets[i].bucket() - from) * (rank - below) / (upTo - below);
            }
            below = upTo;
        }
        return buckets[buckets.length - 1].bucket();
    }
}
