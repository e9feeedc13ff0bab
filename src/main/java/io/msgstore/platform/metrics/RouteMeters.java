/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;

/**
 * What went through each route, as metrics, {@code camel_route_…{routeId}}. A message passes six routes: Camel's own counters,
 * of JMX or of camel-micrometer, cost it several times as much (docs/decisions/0012).
 */
public record RouteMeters(MeterRegistry meters) implements RoutePolicyFactory {
    private static final String LABEL = "routeId";
    private static final String PREFIX = "camel.route.";

    @Override
    public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode route) {
        return new Counts();
    }

    private final class Counts extends RoutePolicySupport {
        private final LongAdder exchanges = new LongAdder();
        private final LongAdder failed = new LongAdder();
        private final LongAdder handled = new LongAdder();

        @Override
        public void onInit(Route route) {
            String id = route.getRouteId();
            counter(id, "exchanges", "Exchanges that the route has finished", exchanges);
            counter(id, "exchanges.failed", "Exchanges that left it with an error", failed);
            counter(id, "failures.handled", "Errors that its error handling has dealt with", handled);
            CamelContext context = route.getCamelContext();
            gauge(id, "exchanges.inflight", "Exchanges that are in it now", context, any -> any.getInflightRepository()
                    .size(id));
            gauge(
                    id,
                    "running",
                    "1 when it is started, 0 when it is stopped or suspended",
                    context,
                    any -> any.getRouteController().getRouteStatus(id) == ServiceStatus.Started ? 1 : 0);
        }

        @Override
        public void onRemove(Route route) {
            for (Meter meter : meters.getMeters()) {
                if (meter.getId().getName().startsWith(PREFIX)
                        && route.getRouteId().equals(meter.getId().getTag(LABEL))) {
                    meters.remove(meter);
                }
            }
        }

        @Override
        public void onExchangeDone(Route route, Exchange exchange) {
            exchanges.increment();
            if (exchange.isFailed()) {
                failed.increment();
            } else if (exchange.getExchangeExtension().isFailureHandled()) {
                handled.increment();
            }
        }
    }

    private void counter(String id, String name, String help, LongAdder value) {
        FunctionCounter.builder(PREFIX + name, value, LongAdder::sum)
                .description(help)
                .tag(LABEL, id)
                .register(meters);
    }

    private void gauge(
            String id, String name, String help, CamelContext context, ToDoubleFunction<CamelContext> value) {
        Gauge.builder(PREFIX + name, context, value)
                .description(help)
                .tag(LABEL, id)
                .register(meters);
    }
}
