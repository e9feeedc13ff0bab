/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** With the registry that msgstore has, whose buckets are cumulative. */
class DistributionTest {
    private final DistributionSummary summary = DistributionSummary.builder("latency")
            .publishPercentileHistogram()
            .minimumExpectedValue(1.0)
            .maximumExpectedValue(60_000.0)
            .register(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));

    @Test
    void percentilesAreThoseOfTheTimeBetween() {
        for (int i = 0; i < 10_000; i++) {
            summary.record(30_000);
        }
        Distribution before = Distribution.of(summary);
        for (int i = 1; i <= 1000; i++) {
            summary.record(i);
        }
        Distribution now = Distribution.of(summary);

        assertThat(now.countSince(before)).isEqualTo(1000);
        assertThat(now.meanSince(before)).isEqualTo(500.5);
        assertThat(now.percentileSince(before, 0.5)).isCloseTo(500, Percentage.withPercentage(5));
        assertThat(now.percentileSince(before, 0.95)).isCloseTo(950, Percentage.withPercentage(5));
        assertThat(now.percentileSince(before, 0.99)).isCloseTo(990, Percentage.withPercentage(5));
    }

    @Test
    void oneValueIsFoundInItsBucket() {
        Distribution before = Distribution.of(summary);
        summary.record(100);
        assertThat(Distribution.of(summary).percentileSince(before, 0.5)).isCloseTo(100, Percentage.withPercentage(20));
    }

    @Test
    void whatIsAboveTheLargestBoundIsThatBound() {
        Distribution before = Distribution.of(summary);
        summary.record(600_000);
        assertThat(Distribution.of(summary).percentileSince(before, 0.99)).isEqualTo(60_000);
    }

    @Test
    void nothingRecordedHasNoPercentiles() {
        Distribution now = Distribution.of(summary);
        assertThat(now.percentileSince(now, 0.5)).isNull();
        assertThat(now.meanSince(now)).isNull();
        assertThat(Distribution.of(null).percentileSince(Distribution.of(null), 0.5))
                .isNull();
    }
}
