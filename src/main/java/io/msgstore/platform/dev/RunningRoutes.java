/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.model.Model;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RouteController;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

import io.msgstore.platform.flow.Nodes;

/**
 * The routes of the running Camel, by the files that they were loaded from.
 *
 * @param startedLast groups whose routes don't start by themselves
 */
record RunningRoutes(CamelContext context, Set<String> startedLast) {
    /** Whether a route is of one of these files. */
    static Predicate<Route> of(Set<String> files) {
        return route -> files.contains(Nodes.location(route.getSourceResource()));
    }

    /**
     * Takes the routes of the files out and puts those of the new text in. A route that was stopped stays stopped.
     *
     * @param files what is in them now, by location; a file without text is only taken out
     * @return how many routes there are of these files now
     * @throws Exception when Camel can't make or start them: then some may be missing
     */
    int swap(Map<String, byte[]> files) throws Exception {
        RouteController controller = context.getRouteController();
        Map<String, Boolean> ran = new HashMap<>();
        for (Route route : List.copyOf(context.getRoutes())) {
            if (of(files.keySet()).test(route)) {
                String id = route.getRouteId();
                ran.put(id, isRunning(id));
                controller.stopRoute(id);
                context.removeRoute(id);
            }
        }
        Model model = Nodes.model(context);
        // of a failed attempt, definitions may be there without a route
        model.removeRouteDefinitions(model.getRouteDefinitions().stream()
                .filter(route -> files.containsKey(Nodes.location(route.getResource())))
                .toList());
        model.getRestDefinitions().removeIf(rest -> files.containsKey(Nodes.location(rest.getResource())));
        List<Resource> resources = files.entrySet().stream()
                .filter(file -> file.getValue() != null)
                .map(file -> ResourceHelper.fromBytes(file.getKey(), file.getValue()))
                .toList();
        PluginHelper.getRoutesLoader(context).updateRoutes(resources);
        int routes = 0;
        for (Route route : List.copyOf(context.getRoutes())) {
            if (of(files.keySet()).test(route)) {
                routes++;
                String id = route.getRouteId();
                boolean wanted = ran.getOrDefault(id, isRunning(id) || startedLast.contains(route.getGroup()));
                if (wanted && !isRunning(id)) {
                    controller.startRoute(id);
                } else if (!wanted && isRunning(id)) {
                    controller.stopRoute(id);
                }
            }
        }
        return routes;
    }

    private boolean isRunning(String id) {
        ServiceStatus status = context.getRouteController().getRouteStatus(id);
        return status != null && status.isStarted();
    }
}
