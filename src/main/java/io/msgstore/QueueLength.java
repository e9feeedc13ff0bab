/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.util.Optional;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;

/** Asks the route {@code direct:queue-length}, which a queue that outlives the process has. */
final class QueueLength {
    static final String ENDPOINT = "direct:queue-length";

    private final CamelContext context;
    private final ProducerTemplate template;

    QueueLength(CamelContext context) {
        this.context = context;
        this.template = context.createProducerTemplate();
    }

    /** The route, if there is one. */
    static Optional<Route> route(CamelContext context) {
        return context.getRoutes().stream()
                .filter(route -> route.getEndpoint().getEndpointUri().equals("direct://queue-length"))
                .findFirst();
    }

    /**
     * Messages in the queue; starts the route where it does not run yet.
     *
     * @throws Exception when the server of the queue does not answer
     */
    long ask() throws Exception {
        String id = route(context).orElseThrow().getRouteId();
        if (!context.getRouteController().getRouteStatus(id).isStarted()) {
            context.getRouteController().startRoute(id);
        }
        try {
            return template.requestBody(ENDPOINT, null, Long.class);
        } catch (CamelExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
