/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.apache.camel.CamelContext;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.apache.camel.spi.Resource;

/** Looks things up in Camel's model of the loaded routes. */
public final class Nodes {
    private static final String SQL_FILE = "sql:file:";

    private Nodes() {}

    public static Model model(CamelContext context) {
        return context.getCamelContextExtension().getContextPlugin(Model.class);
    }

    /** Every step of these, whatever it is nested in, in the order of the file. */
    public static List<ProcessorDefinition<?>> all(Collection<? extends ProcessorDefinition<?>> steps) {
        List<ProcessorDefinition<?>> all = new ArrayList<>();
        for (ProcessorDefinition<?> step : steps) {
            all.add(step);
            all.addAll(all(step.getOutputs()));
        }
        return all;
    }

    /** Every step of a route, without those of its route configuration, in the order of the file. */
    public static List<ProcessorDefinition<?>> own(RouteDefinition route) {
        return all(
                route.getOutputs().stream().filter(step -> !step.isAbstract()).toList());
    }

    /** Every step of a route configuration. */
    public static List<ProcessorDefinition<?>> all(RouteConfigurationDefinition configuration) {
        return all(configuration.getOnExceptions());
    }

    /** The SQL files that a step sends messages to: one, or none. */
    public static Stream<Path> sqlFiles(CamelContext context, ProcessorDefinition<?> step) {
        if (!(step instanceof EndpointRequiredDefinition endpoint)
                || !endpoint.getEndpointUri().startsWith("sql:")) {
            return Stream.empty();
        }
        String uri = context.resolvePropertyPlaceholders(endpoint.getEndpointUri());
        return uri.startsWith(SQL_FILE)
                ? Stream.of(Path.of(uri.substring(SQL_FILE.length()).split("\\?", 2)[0]))
                : Stream.empty();
    }

    /** Where a part of the model was loaded from, such as {@code file:/folder/routes/a.camel.yaml}; empty when unknown. */
    public static String location(Resource resource) {
        return resource == null ? "" : resource.getLocation();
    }

    /**
     * Which error handling names a redelivery policy that does not exist, for people: Camel finds out when a route starts, so {@code
     * --check} and a dry run would not.
     */
    public static Optional<String> missingPolicy(CamelContext context) {
        return model(context).getRouteConfigurationDefinitions().stream()
                .flatMap(configuration -> configuration.getOnExceptions().stream())
                .filter(one -> one.getRedeliveryPolicyRef() != null)
                .filter(one -> context.getRegistry()
                                .lookupByNameAndType(
                                        context.resolvePropertyPlaceholders(one.getRedeliveryPolicyRef()),
                                        RedeliveryPolicy.class)
                        == null)
                .map(one -> one.getId() + " names the redelivery policy " + one.getRedeliveryPolicyRef()
                        + ", which does not exist")
                .findFirst();
    }
}
