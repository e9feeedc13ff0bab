/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.ObjectHelper;
import org.apache.logging.log4j.core.util.Throwables;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.flow.Nodes;

/** Finds file and line of what Camel has against a route. */
final class RouteFaults {
    private RouteFaults() {}

    /**
     * @param loading the file that was being read, or null when all were
     * @param changed the files in which the fault must be
     * @param model the routes that were read
     */
    static Fault of(Throwable error, String loading, Collection<String> changed, Model model) {
        String text = text(Throwables.getRootCause(error));
        MarkedYamlEngineException yaml = ObjectHelper.getException(MarkedYamlEngineException.class, error);
        if (yaml != null) {
            int line = yaml.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
            return new Fault(loading, line, yaml.getProblem() == null ? text : oneLine(yaml.getProblem()));
        }
        FailedToCreateRouteException failed = ObjectHelper.getException(FailedToCreateRouteException.class, error);
        Collection<String> suspected = loading == null ? changed : List.of(loading);
        List<RouteDefinition> routes = model.getRouteDefinitions();
        return routes.stream()
                .filter(route -> failed != null && route.getRouteId().equals(failed.getRouteId()))
                .map(route -> fault(
                        route,
                        mentioned(text, route)
                                .orElse(Math.max(0, route.getInput().getLineNumber())),
                        text))
                .findFirst()
                .or(() -> routes.stream()
                        .filter(route -> suspected.contains(Nodes.location(route.getResource())))
                        .flatMap(route -> mentioned(text, route).stream().map(line -> fault(route, line, text)))
                        .findFirst())
                .orElseGet(() -> new Fault(suspected.iterator().next(), 0, text));
    }

    private static Fault fault(RouteDefinition route, int line, String text) {
        return new Fault(Nodes.location(route.getResource()), line, text);
    }

    // the line of the step, or of the input, that the text is about
    private static Optional<Integer> mentioned(String text, RouteDefinition route) {
        String plain = text.replace("://", ":");
        return Stream.concat(
                        Nodes.own(route).stream()
                                .filter(step -> names(step).anyMatch(name -> plain.contains(name.replace("://", ":"))))
                                .map(ProcessorDefinition::getLineNumber),
                        Stream.of(route.getInput())
                                .filter(input -> plain.contains(Nodes.path(input.getEndpointUri())))
                                .map(input -> input.getLineNumber()))
                .filter(line -> line > 0)
                .findFirst();
    }

    private static Stream<String> names(ProcessorDefinition<?> step) {
        return Stream.of(
                        step.getId(),
                        step instanceof EndpointRequiredDefinition endpoint
                                ? Nodes.path(endpoint.getEndpointUri())
                                : null,
                        step instanceof ProcessDefinition process ? process.getRef() : null,
                        step instanceof BeanDefinition bean ? bean.getRef() : null,
                        step instanceof ExpressionNode node && node.getExpression() != null
                                ? node.getExpression().getExpression()
                                : null)
                .filter(Objects::nonNull)
                .filter(name -> !name.isBlank());
    }

    private static String text(Throwable error) {
        return oneLine(Secrets.mask(error.getMessage() == null ? error.toString() : error.getMessage()));
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
