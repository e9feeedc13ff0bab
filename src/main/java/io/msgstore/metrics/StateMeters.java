/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.metrics;

import java.util.function.BooleanSupplier;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.health.HealthCheck;

import io.msgstore.intake.InFlightBytes;

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

    /** Shows how much of the heap messages in flight take, and may take. */
    public void inFlightBytes(InFlightBytes bytes) {
        Gauge.builder("msgstore.in.flight.bytes", bytes, InFlightBytes::used)
                .description("Bytes of messages that were received from the broker and are not yet settled")
                .register(meters);
        Gauge.builder("msgstore.in.flight.bytes.max", bytes, InFlightBytes::limit)
                .description("Bytes above which no more are read from the broker")
                .register(meters);
    }

    /** Shows how many messages the broker may leave unacknowledged, all connections together. */
    public void receiveMaximum(int messages) {
        Gauge.builder("msgstore.mqtt.receive.maximum", () -> messages)
                .description("Messages that the broker may leave unacknowledged; it may have a lower limit of its own")
                .register(meters);
    }
}
