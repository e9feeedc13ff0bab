/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.CatchDefinition;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.FilterDefinition;
import org.apache.camel.model.FinallyDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.OnWhenDefinition;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.WhenDefinition;
import org.apache.camel.model.errorhandler.DeadLetterChannelDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.model.language.MethodCallExpression;
import org.apache.camel.model.language.RefExpression;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

import io.msgstore.platform.flow.Flow.Branch;
import io.msgstore.platform.flow.Flow.Fork;
import io.msgstore.platform.flow.Flow.Handling;
import io.msgstore.platform.flow.Flow.Stage;
import io.msgstore.platform.flow.Flow.Step;
import io.msgstore.platform.flow.Flow.Stop;
import io.msgstore.platform.flow.Flow.Way;

/**
 * Reads the flow from route files, by way of Camel's model of them. Nothing is connected to, and no bean is needed but those of
 * the files.
 *
 * @param settings for the placeholders of beans, which are made
 * @param shown what to show for a placeholder such as {@code {{sql}}}; the others are shown as they are
 */
public record FlowReader(Properties settings, Map<String, String> shown) {
    private static final Pattern WHEN_FULL = Pattern.compile("[?&]whenFull=([^&]+)");
    private static final String REST = "rest:";
    private static final String ANY_ERROR = "java.lang.Exception";

    private static final int WITHOUT_END = -1;

    /**
     * @param locations of the route files, as Camel takes them, in the order of the flow
     * @throws Exception when Camel can't read one
     */
    public Flow read(List<String> locations) throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            // or a request's route would take the place of the one that it is for, and lose its description
            context.getRestConfiguration().setInlineRoutes(false);
            context.getPropertiesComponent().setInitialProperties(settings);
            List<Resource> files = new ArrayList<>();
            for (String location : locations) {
                files.add(ResourceHelper.resolveMandatoryResource(context, location));
            }
            PluginHelper.getRoutesLoader(context).loadRoutes(files);
            Model model = Nodes.model(context);
            Map<String, List<Way>> stages = new LinkedHashMap<>();
            for (RouteDefinition route : model.getRouteDefinitions()) {
                if (route.getInput().getEndpointUri().startsWith(REST)) {
                    continue;
                }
                stages.computeIfAbsent(String.valueOf(route.getGroup()), group -> new ArrayList<>())
                        .add(way(route));
            }
            return new Flow(
                    stages.entrySet().stream()
                            .map(stage -> new Stage(stage.getKey(), stage.getValue()))
                            .toList(),
                    model.getRouteConfigurationDefinitions().stream()
                            .map(configuration -> handling(context, configuration))
                            .toList());
        }
    }

    private Way way(RouteDefinition route) {
        return new Way(
                route.getRouteId(),
                route.getDescription() == null ? "" : route.getDescription(),
                endpoint(route.getInput().getEndpointUri()),
                steps(route.getOutputs()),
                route.getRouteConfigurationId() == null
                        ? List.of()
                        : List.of(route.getRouteConfigurationId().split("\\s*,\\s*")));
    }

    private Handling handling(CamelContext context, RouteConfigurationDefinition configuration) {
        List<Branch> branches = new ArrayList<>();
        for (OnExceptionDefinition onException : configuration.getOnExceptions()) {
            branches.add(new Branch(
                    error(onException.getExceptions(), onException.getOnWhen()), afterwards(context, onException)));
        }
        if (configuration.getErrorHandler() != null
                && configuration.getErrorHandler().getErrorHandlerType()
                        instanceof DeadLetterChannelDefinition channel) {
            branches.add(new Branch("tried often enough", List.of(stop(channel.getDeadLetterUri()))));
        }
        String description = configuration.getDescription();
        return new Handling(configuration.getId(), description == null ? "" : description, branches);
    }

    private List<Step> afterwards(CamelContext context, OnExceptionDefinition onException) {
        List<Step> steps = new ArrayList<>(steps(onException.getOutputs()));
        if (isWithoutEnd(context, onException)) {
            steps.add(0, new Stop("tried again without end", false));
        } else if (onException.getContinued() != null) {
            steps.add(new Stop("goes on", false));
        } else if (onException.getHandled() == null) {
            steps.add(new Stop("not acknowledged", false));
        }
        return steps;
    }

    private static boolean isWithoutEnd(CamelContext context, OnExceptionDefinition onException) {
        if (onException.getRedeliveryPolicyRef() == null) {
            return onException.getRedeliveryPolicyType() != null
                    && Integer.toString(WITHOUT_END)
                            .equals(onException.getRedeliveryPolicyType().getMaximumRedeliveries());
        }
        RedeliveryPolicy policy =
                context.getRegistry().lookupByNameAndType(onException.getRedeliveryPolicyRef(), RedeliveryPolicy.class);
        return policy != null && policy.getMaximumRedeliveries() == WITHOUT_END;
    }

    private List<Step> steps(List<? extends ProcessorDefinition<?>> definitions) {
        List<Step> steps = new ArrayList<>();
        for (ProcessorDefinition<?> definition : definitions) {
            // what comes from the route configuration is said there
            if (!definition.isAbstract()) {
                add(definition, steps);
            }
        }
        return steps;
    }

    private void add(ProcessorDefinition<?> definition, List<Step> steps) {
        if (definition instanceof ChoiceDefinition choice) {
            List<Branch> branches = new ArrayList<>();
            for (WhenDefinition when : choice.getWhenClauses()) {
                branches.add(new Branch(condition(when.getExpression()), steps(when.getOutputs())));
            }
            if (choice.getOtherwise() != null) {
                branches.add(new Branch("otherwise", steps(choice.getOtherwise().getOutputs())));
            }
            steps.add(new Fork(branches));
        } else if (definition instanceof TryDefinition attempt) {
            steps.addAll(steps(attempt.getOutputsWithoutCatches()));
            List<Branch> branches = new ArrayList<>();
            for (CatchDefinition caught : attempt.getCatchClauses()) {
                branches.add(new Branch(error(caught.getExceptions(), caught.getOnWhen()), steps(caught.getOutputs())));
            }
            branches.removeIf(branch -> branch.steps().isEmpty());
            if (!branches.isEmpty()) {
                steps.add(new Fork(branches));
            }
            FinallyDefinition last = attempt.getFinallyClause();
            steps.addAll(last == null ? List.of() : steps(last.getOutputs()));
        } else if (definition instanceof FilterDefinition filter) {
            steps.add(new Fork(List.of(new Branch(condition(filter.getExpression()), steps(filter.getOutputs())))));
        } else if (definition instanceof EndpointRequiredDefinition to) {
            steps.add(stop(to.getEndpointUri()));
            Matcher whenFull = WHEN_FULL.matcher(to.getEndpointUri());
            if (whenFull.find()) {
                steps.add(new Fork(List.of(new Branch("full", List.of(stop(whenFull.group(1)))))));
            }
        } else if (definition instanceof ToDynamicDefinition to) {
            steps.add(stop(Words.simple(to.getUri())));
        } else if (definition instanceof ProcessDefinition process) {
            steps.add(new Stop(process.getRef(), false));
        } else if (definition instanceof BeanDefinition bean) {
            String name = bean.getRef() == null ? String.valueOf(bean.getBeanType()) : bean.getRef();
            steps.add(new Stop(name.substring(name.lastIndexOf('.') + 1) + "." + bean.getMethod(), false));
        } else {
            steps.addAll(steps(definition.getOutputs()));
        }
    }

    private Stop stop(String uri) {
        return new Stop(endpoint(uri), true);
    }

    private String endpoint(String uri) {
        String name = Nodes.path(uri)
                .replaceFirst("^sql:", "")
                // the topic, whoever sends to it or takes from it
                .replaceFirst("^kafka-queue:", "kafka:");
        for (Map.Entry<String, String> placeholder : shown.entrySet()) {
            name = name.replace(placeholder.getKey(), placeholder.getValue());
        }
        return name;
    }

    private static String error(List<String> exceptions, OnWhenDefinition onWhen) {
        if (onWhen != null) {
            return condition(onWhen.getExpression());
        }
        return exceptions.contains(ANY_ERROR)
                ? "any other error"
                : exceptions.stream()
                        .map(name -> Words.name(name.replaceFirst("Exception$", "")))
                        .collect(Collectors.joining(" or "));
    }

    private static String condition(ExpressionDefinition expression) {
        if (expression instanceof MethodCallExpression call) {
            return Words.name(call.getMethod().replaceFirst("^is(?=[A-Z])", ""));
        }
        return expression instanceof RefExpression
                ? Words.name(expression.getExpression())
                : Words.simple(expression.getExpression());
    }
}
