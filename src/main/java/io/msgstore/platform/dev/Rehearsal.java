/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.main.Main;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RoutesLoader;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.flow.Nodes;

/**
 * Loads all routes into a Camel of their own that starts none of them, as {@code --check} does. What passes can be put into
 * the running one; Camel itself removes the old routes before it knows whether the new ones are any good.
 *
 * @param stage makes a Camel with every bean that routes refer to, without any routes, that starts none
 */
record Rehearsal(Supplier<Main> stage) {
    /**
     * Routes ask before they send there ({@code hasFallback}, {@code hasQueueLength}), or are there only with the routes of a
     * queue that is drained, which are not rehearsed.
     */
    private static final Set<String> OPTIONAL =
            Set.of("direct:queue-fallback", "direct:queue-length", "direct:drain-length");

    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    /**
     * What came of it.
     *
     * @param sql the SQL files that the routes of each file use
     * @param configuring the files with route configurations or beans, which routes of other files are made with
     */
    record Result(Map<String, Set<Path>> sql, Set<String> configuring) {}

    /**
     * @param files every route file, by its location
     * @param changed the locations in which a fault must be
     * @throws Fault.Refused when something is wrong with them
     */
    Result run(Map<String, byte[]> files, Collection<String> changed) throws Fault.Refused {
        Main main = stage.get();
        Loading loading = new Loading(files);
        main.configure().withRoutesIncludePattern("false").addConfiguration(loading);
        try {
            main.start();
            CamelContext context = main.getCamelContext();
            // an error handler takes the bean that is there when its route is made
            Nodes.model(context)
                    .getCustomBeans()
                    .forEach(bean -> loading.configuring.add(Nodes.location(bean.getResource())));
            requireConsumers(Nodes.model(context), changed);
            Optional<String> mistake = Nodes.mistake(context);
            if (mistake.isPresent()) {
                throw new Fault.Refused(new Fault(changed.iterator().next(), 0, mistake.get()), null);
            }
            return new Result(sqlFiles(context), loading.configuring);
        } catch (Fault.Refused e) {
            throw e;
        } catch (Exception e) {
            LOG.debug("Refused", e);
            Model model = Nodes.model(main.getCamelContext());
            throw new Fault.Refused(RouteFaults.of(e, loading.current, changed, model), e);
        } finally {
            main.stop();
        }
    }

    /** The SQL files that the routes of each file use, by the file's location. */
    static Map<String, Set<Path>> sqlFiles(CamelContext context) {
        Map<String, Set<Path>> files = new HashMap<>();
        for (RouteDefinition route : Nodes.model(context).getRouteDefinitions()) {
            for (ProcessorDefinition<?> step : Nodes.own(route)) {
                Nodes.sqlFiles(context, step).forEach(file -> files.computeIfAbsent(
                                Nodes.location(route.getResource()), l -> new TreeSet<>())
                        .add(file));
            }
        }
        return files;
    }

    // Camel finds out with the first message, which would wait for the route and then fail
    private static void requireConsumers(Model model, Collection<String> changed) throws Fault.Refused {
        Set<String> inputs = model.getRouteDefinitions().stream()
                .map(route -> Nodes.path(route.getInput().getEndpointUri()))
                .collect(Collectors.toSet());
        for (RouteConfigurationDefinition configuration : model.getRouteConfigurationDefinitions()) {
            for (ProcessorDefinition<?> step : Nodes.all(configuration)) {
                requireConsumer(step, "", inputs, changed);
            }
        }
        for (RouteDefinition route : model.getRouteDefinitions()) {
            for (ProcessorDefinition<?> step : Nodes.own(route)) {
                requireConsumer(step, Nodes.location(route.getResource()), inputs, changed);
            }
        }
    }

    private static void requireConsumer(
            ProcessorDefinition<?> step, String location, Set<String> inputs, Collection<String> changed)
            throws Fault.Refused {
        String target = step instanceof EndpointRequiredDefinition to ? Nodes.path(to.getEndpointUri()) : "";
        if (target.startsWith("direct:")
                && !target.contains("{")
                && !OPTIONAL.contains(target)
                && !inputs.contains(target)) {
            String text = "no route starts from " + target + ", where " + step.getId() + " sends messages";
            // a target that has gone is a fault of the file that it was in
            Fault fault = changed.contains(location)
                    ? new Fault(location, step.getLineNumber(), text)
                    : new Fault(changed.iterator().next(), 0, text);
            throw new Fault.Refused(fault, null);
        }
    }

    /** Loads the files one by one, so that it is known whose fault it was. */
    private static final class Loading implements CamelConfiguration {
        private final Map<String, byte[]> files;
        private final Set<String> configuring = new TreeSet<>();
        private String current;

        Loading(Map<String, byte[]> files) {
            this.files = files;
        }

        @Override
        public void configure(CamelContext context) throws Exception {
            RoutesLoader loader = PluginHelper.getRoutesLoader(context);
            Map<RoutesBuilder, String> builders = new LinkedHashMap<>();
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                current = file.getKey();
                Resource resource = ResourceHelper.fromBytes(current, file.getValue());
                for (RoutesBuilder builder : loader.findRoutesBuilders(List.of(resource))) {
                    builders.put(builder, current);
                }
            }
            // routes are made with the configurations that are there
            for (Map.Entry<RoutesBuilder, String> entry : builders.entrySet()) {
                current = entry.getValue();
                if (entry.getKey() instanceof RouteConfigurationsBuilder configurations) {
                    context.addRoutesConfigurations(configurations);
                }
                if (entry.getKey() instanceof RouteConfigurationBuilder builder
                        && !builder.getRouteConfigurationCollection()
                                .getRouteConfigurations()
                                .isEmpty()) {
                    configuring.add(current);
                }
            }
            for (Map.Entry<RoutesBuilder, String> entry : builders.entrySet()) {
                current = entry.getValue();
                context.addRoutes(entry.getKey());
            }
            current = null;
        }
    }
}
