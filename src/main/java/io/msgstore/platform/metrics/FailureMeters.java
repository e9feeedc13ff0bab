/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.NamedNode;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;

import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.flow.Nodes;

/**
 * Shows the counters of failed statements as 0 for each batch that a route writes, before any has failed: a counter that
 * appears with its first failure shows no rise.
 */
public record FailureMeters(MeterRegistry meters) implements RoutePolicyFactory {
    private static final String BATCH = "batch:";
    /** Batches that hold more than one event; of others the name is the event. */
    private static final Map<String, List<String>> EVENTS = Map.of("command", List.of("cmd", "evt"));

    /** @return none: the route is looked at once */
    @Override
    public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode route) {
        String input = route instanceof RouteDefinition definition
                ? Nodes.path(definition.getInput().getEndpointUri())
                : "";
        if (input.startsWith(BATCH)) {
            String batch = input.substring(BATCH.length());
            EVENTS.getOrDefault(batch, List.of(batch)).forEach(this::expect);
        }
        return null;
    }

    private void expect(String event) {
        for (SqlFailure kind : SqlFailure.values()) {
            Counter.builder("msgstore.write.fail")
                    .description("Failed statements")
                    .tag("event", event)
                    .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                    .register(meters);
        }
    }
}
