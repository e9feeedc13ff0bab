/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.Optional;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;

/** Asks the route from which a queue that outlives the process says how many messages it holds. */
public final class QueueLength {
    /** Of {@code msgstore.queue}. */
    public static final String QUEUE = "direct:queue-length";
    /** Of {@code msgstore.queue.drain}. */
    public static final String DRAINED = "direct:drain-length";

    private final CamelContext context;
    private final String endpoint;
    private final ProducerTemplate template;

    /** @param endpoint of the route */
    public QueueLength(CamelContext context, String endpoint) {
        this.context = context;
        this.endpoint = endpoint;
        this.template = context.createProducerTemplate();
    }

    /** The route, if there is one. */
    public static Optional<Route> route(CamelContext context, String endpoint) {
        return context.getRoutes().stream()
                .filter(route ->
                        route.getEndpoint().getEndpointUri().replace("//", "").equals(endpoint))
                .findFirst();
    }

    /**
     * Messages in the queue; starts the route where it does not run yet.
     *
     * @throws Exception when the server of the queue does not answer
     */
    public long ask() throws Exception {
        String id = route(context, endpoint).orElseThrow().getRouteId();
        if (!context.getRouteController().getRouteStatus(id).isStarted()) {
            context.getRouteController().startRoute(id);
        }
        try {
            return template.requestBody(endpoint, null, Long.class);
        } catch (CamelExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
