/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.function.BooleanSupplier;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.health.HealthCheck;

/** What this process is, and how it is. */
public final class StateMeters {
    private final MeterRegistry meters;

    public StateMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Says which build this is, in labels, as Prometheus does it: the value is always 1. */
    public void build(String version, String camelVersion) {
        Gauge.builder("msgstore.build.info", () -> 1)
                .description("1; the versions of msgstore, Camel and Java are in the labels")
                .tag("version", version)
                .tag("camel", camelVersion)
                .tag("java", Runtime.version().toString())
                .register(meters);
    }

    /** Makes a health check a metric. It is carried out at each scrape, so it must ask no server. */
    public void health(HealthCheck check) {
        health(check.getId(), () -> check.call().getState() == HealthCheck.State.UP);
    }

    /** The same for one whose outcome is known. */
    public void health(String check, BooleanSupplier up) {
        Gauge.builder("msgstore.healthy", () -> up.getAsBoolean() ? 1 : 0)
                .description("1 when the health check of /observe/health/ready is UP, else 0")
                .tag("check", check)
                .register(meters);
    }
}
