/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.apache.camel.CamelContext;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.CatchDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.Model;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.model.language.MethodCallExpression;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PatternHelper;

/** Looks things up in Camel's model of the loaded routes. */
public final class Nodes {
    private static final String SQL_FILE = "sql:file:";

    private Nodes() {}

    public static Model model(CamelContext context) {
        return context.getCamelContextExtension().getContextPlugin(Model.class);
    }

    /** An endpoint without its options, such as {@code direct:notify}. */
    public static String path(String uri) {
        return uri.split("\\?", 2)[0].replace("://", ":");
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
     * What is wrong with the loaded routes that Camel does not find out when it loads them, for people. A redelivery policy that does not
     * exist it finds when a route starts, a method that a bean does not have when the first message comes. A route that names a
     * configuration which does not exist it runs without one.
     */
    public static Optional<String> mistake(CamelContext context) {
        return missingConfiguration(context).or(() -> missingPolicy(context)).or(() -> missingMethod(context));
    }

    private static Optional<String> missingConfiguration(CamelContext context) {
        Model model = model(context);
        return model.getRouteDefinitions().stream()
                .filter(route -> route.getRouteConfigurationId() != null)
                .flatMap(route -> Stream.of(route.getRouteConfigurationId().split("\\s*,\\s*"))
                        .map(context::resolvePropertyPlaceholders)
                        .filter(name -> model.getRouteConfigurationDefinitions().stream()
                                .noneMatch(one -> PatternHelper.matchPattern(one.getId(), name)))
                        .map(name -> "route " + route.getId() + " names the route configuration " + name
                                + ", which does not exist"))
                .findFirst();
    }

    private static Optional<String> missingPolicy(CamelContext context) {
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

    private static Optional<String> missingMethod(CamelContext context) {
        Model model = model(context);
        return Stream.concat(
                        model.getRouteDefinitions().stream().flatMap(route -> all(route.getOutputs()).stream()),
                        model.getRouteConfigurationDefinitions().stream()
                                .flatMap(configuration -> all(configuration).stream()))
                .flatMap(step -> calls(step)
                        .filter(call -> !exists(context, call))
                        .map(call -> step.getId() + " calls " + call.method + ", which the bean " + call.bean
                                + " does not have"))
                .findFirst();
    }

    private record Call(String bean, String method) {}

    private static Stream<Call> calls(ProcessorDefinition<?> step) {
        Stream<ExpressionDefinition> expressions = Stream.of();
        if (step instanceof BeanDefinition bean) {
            return Stream.of(new Call(bean.getRef(), bean.getMethod()));
        } else if (step instanceof ExpressionNode node) {
            expressions = Stream.of(node.getExpression());
        } else if (step instanceof CatchDefinition caught && caught.getOnWhen() != null) {
            expressions = Stream.of(caught.getOnWhen().getExpression());
        } else if (step instanceof OnExceptionDefinition error && error.getOnWhen() != null) {
            expressions = Stream.of(error.getOnWhen().getExpression());
        }
        return expressions
                .filter(MethodCallExpression.class::isInstance)
                .map(MethodCallExpression.class::cast)
                .map(call -> new Call(call.getRef(), call.getMethod()));
    }

    // by its name alone: which of several is called depends on the message
    private static boolean exists(CamelContext context, Call call) {
        if (call.bean == null || call.method == null || !call.method.matches("\\w+")) {
            return true;
        }
        Object bean = context.getRegistry().lookupByName(context.resolvePropertyPlaceholders(call.bean));
        return bean == null
                || bean instanceof Class
                || Arrays.stream(bean.getClass().getMethods())
                        .anyMatch(method -> method.getName().equals(call.method));
    }
}
