/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.flow.Nodes;

/** Finds file and line of what Camel has against a route. */
final class RouteFaults {
    private static final int MAX_DEPTH = 20;

    private RouteFaults() {}

    /**
     * @param loading the file that was being read, or null when all were
     * @param changed the files in which the fault must be
     * @param model the routes that were read
     */
    static Fault of(Throwable error, String loading, Collection<String> changed, Model model) {
        String text = text(root(error));
        Optional<MarkedYamlEngineException> yaml = cause(error, MarkedYamlEngineException.class);
        if (yaml.isPresent()) {
            String problem = yaml.get().getProblem();
            return new Fault(
                    loading,
                    yaml.get().getProblemMark().map(mark -> mark.getLine() + 1).orElse(0),
                    problem == null ? text : oneLine(problem));
        }
        String failed = cause(error, FailedToCreateRouteException.class)
                .map(FailedToCreateRouteException::getRouteId)
                .orElse(null);
        List<RouteDefinition> routes = model.getRouteDefinitions();
        Optional<RouteDefinition> route = routes.stream()
                .filter(candidate -> candidate.getRouteId().equals(failed))
                .findFirst();
        if (route.isPresent()) {
            int line = mentioned(text, Stream.of(route.get()))
                    .orElseGet(() -> route.get().getInput().getLineNumber());
            return new Fault(Nodes.location(route.get().getResource()), Math.max(0, line), text);
        }
        Predicate<RouteDefinition> isChanged = candidate -> loading == null
                ? changed.contains(Nodes.location(candidate.getResource()))
                : loading.equals(Nodes.location(candidate.getResource()));
        Optional<RouteDefinition> mentioning = routes.stream()
                .filter(isChanged)
                .filter(candidate -> mentioned(text, Stream.of(candidate)).isPresent())
                .findFirst();
        return mentioning
                .map(found -> new Fault(
                        Nodes.location(found.getResource()),
                        mentioned(text, Stream.of(found)).orElse(0),
                        text))
                .orElseGet(() -> new Fault(loading == null ? changed.iterator().next() : loading, 0, text));
    }

    // the line of the step, or of the input, that the text is about
    private static Optional<Integer> mentioned(String text, Stream<RouteDefinition> routes) {
        String plain = text.replace("://", ":");
        return routes.flatMap(route -> Stream.concat(
                        Nodes.own(route).stream()
                                .filter(step -> names(step).anyMatch(name -> plain.contains(name.replace("://", ":"))))
                                .map(ProcessorDefinition::getLineNumber),
                        Stream.of(route.getInput())
                                .filter(input -> plain.contains(path(input.getEndpointUri())))
                                .map(input -> input.getLineNumber())))
                .filter(line -> line > 0)
                .findFirst();
    }

    private static Stream<String> names(ProcessorDefinition<?> step) {
        return Stream.of(
                        step.getId(),
                        step instanceof EndpointRequiredDefinition endpoint ? path(endpoint.getEndpointUri()) : null,
                        step instanceof ProcessDefinition process ? process.getRef() : null,
                        step instanceof BeanDefinition bean ? bean.getRef() : null,
                        step instanceof ExpressionNode node && node.getExpression() != null
                                ? node.getExpression().getExpression()
                                : null)
                .filter(Objects::nonNull)
                .filter(name -> !name.isBlank());
    }

    private static String path(String uri) {
        return uri.split("\\?", 2)[0].replace("://", ":");
    }

    private static <T extends Throwable> Optional<T> cause(Throwable error, Class<T> type) {
        Throwable cause = error;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (type.isInstance(cause)) {
                return Optional.of(type.cast(cause));
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }

    private static Throwable root(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String text(Throwable error) {
        return oneLine(Secrets.mask(error.getMessage() == null ? error.toString() : error.getMessage()));
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
