/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.tracing;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;

/**
 * OpenTelemetry's SDK, for Camel's tracer to write its spans to. Where they go and how many of them is said by the SDK's own
 * settings, {@code OTEL_…} in the environment or {@code -Dotel.…}; the defaults here are an OTLP collector at
 * {@code localhost:4318} over HTTP, and traces alone.
 */
public final class Tracing implements AutoCloseable {
    /** Header and MQTT user property of W3C Trace Context: version, trace id, parent's span id, flags. */
    public static final String PARENT = "traceparent";

    /** Of the same, what vendors add to it. */
    public static final String STATE = "tracestate";

    private static final Pattern CONTEXT = Pattern.compile("[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-.*");

    private final OpenTelemetrySdk sdk;

    private Tracing(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
    }

    /**
     * Starts to export in the background. A collector that is away costs spans, not messages.
     *
     * @param version of msgstore, for the collector to show
     * @throws io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException when a setting of the SDK is wrong
     */
    public static Tracing start(String version) {
        Map<String, String> defaults = Map.of(
                "otel.service.name", "msgstore",
                "otel.resource.attributes", "service.version=" + version,
                "otel.exporter.otlp.protocol", "http/protobuf",
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none");
        return new Tracing(AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> defaults)
                // msgstore ends it itself, when the last message is done
                .disableShutdownHook()
                .build()
                .getOpenTelemetrySdk());
    }

    /** What makes spans. */
    public Tracer tracer() {
        return sdk.getTracer("msgstore");
    }

    /** What reads and writes {@link #PARENT}. */
    public ContextPropagators propagators() {
        return sdk.getPropagators();
    }

    /** The trace id of a {@link #PARENT}; empty when it is none. */
    public static Optional<String> traceId(String parent) {
        Matcher matcher = CONTEXT.matcher(parent);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** Exports what is left, for ten seconds at most. */
    @Override
    public void close() {
        sdk.close();
    }
}
