/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.metrics;

import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedRouteMBean;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * Camel's counters of each route as metrics, {@code camel_route_…{routeId}}. Camel counts for JMX anyway; its own meters
 * would count once more, for every message. Without JMX there are none.
 */
public final class RouteMeters extends LifecycleStrategySupport {
    private static final String LABEL = "routeId";
    private static final String PREFIX = "camel.route.";

    private final CamelContext context;
    private final MeterRegistry meters;

    public RouteMeters(CamelContext context, MeterRegistry meters) {
        this.context = context;
        this.meters = meters;
    }

    @Override
    public void onRoutesAdd(Collection<Route> routes) {
        for (Route route : routes) {
            String id = route.getRouteId();
            counter(id, "exchanges", "Exchanges that the route has finished", ManagedRouteMBean::getExchangesTotal);
            counter(
                    id,
                    "exchanges.failed",
                    "Exchanges that left it with an error",
                    ManagedRouteMBean::getExchangesFailed);
            counter(
                    id,
                    "failures.handled",
                    "Errors that its error handling has dealt with",
                    ManagedRouteMBean::getFailuresHandled);
            counter(
                    id,
                    "processing.seconds",
                    "Seconds that exchanges have spent in it and in what it calls, all threads together",
                    bean -> bean.getTotalProcessingTime() / 1000.0);
            gauge(id, "exchanges.inflight", "Exchanges that are in it now", ManagedRouteMBean::getExchangesInflight);
            gauge(
                    id,
                    "running",
                    "1 when it is started, 0 when it is stopped or suspended",
                    bean -> "Started".equals(bean.getState()) ? 1 : 0);
        }
    }

    @Override
    public void onRoutesRemove(Collection<Route> routes) {
        List<String> ids = routes.stream().map(Route::getRouteId).toList();
        for (Meter meter : meters.getMeters()) {
            if (meter.getId().getName().startsWith(PREFIX)
                    && ids.contains(meter.getId().getTag(LABEL))) {
                meters.remove(meter);
            }
        }
    }

    private void counter(String id, String name, String help, ToDoubleFunction<ManagedRouteMBean> value) {
        FunctionCounter.builder(PREFIX + name, context, any -> read(id, value))
                .description(help)
                .tag(LABEL, id)
                .register(meters);
    }

    private void gauge(String id, String name, String help, ToDoubleFunction<ManagedRouteMBean> value) {
        Gauge.builder(PREFIX + name, context, any -> read(id, value))
                .description(help)
                .tag(LABEL, id)
                .register(meters);
    }

    // asked for each time: a route that was replaced has another bean
    private double read(String id, ToDoubleFunction<ManagedRouteMBean> value) {
        ManagedCamelContext managed = context.getCamelContextExtension().getContextPlugin(ManagedCamelContext.class);
        ManagedRouteMBean route = managed == null ? null : managed.getManagedRoute(id);
        return route == null ? Double.NaN : value.applyAsDouble(route);
    }
}
