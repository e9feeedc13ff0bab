/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apache.camel.CamelContext;
import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.support.ResourceHelper;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.contract.RouteGroups;
import io.msgstore.platform.flow.Nodes;

/**
 * The statements that routes send to a database, each once, as their files are now.
 *
 * @param database statements for others are left out
 * @param directory where paths of files begin, absolute
 * @param unused inputs of routes that get no messages with these settings, such as {@code batch:canary}
 */
record RouteStatements(CamelContext context, Database database, Path directory, Set<String> unused) {
    private static final String SQL = "sql:";

    /**
     * A statement of a route.
     *
     * @param place the file that it is in, or the id of the step that it stands in
     * @param text as Camel makes it of the file; null where there is none
     * @param needed whether messages wait where it fails: no answer over HTTP, nor where the route says what is done then
     */
    record RouteStatement(String place, String text, boolean needed) {}

    Collection<RouteStatement> all() {
        Map<String, RouteStatement> found = new LinkedHashMap<>();
        for (RouteDefinition route : Nodes.model(context).getRouteDefinitions()) {
            List<ProcessorDefinition<?>> own = route.getOutputs().stream()
                    .filter(step -> !step.isAbstract())
                    .toList();
            look(own, isNeeded(route), found);
        }
        return found.values();
    }

    private boolean isNeeded(RouteDefinition route) {
        String input = Nodes.path(route.getInput().getEndpointUri());
        return !RouteGroups.API.equals(route.getGroup())
                && !RouteGroups.CANARY.equals(route.getGroup())
                && !unused.contains(input);
    }

    private void look(List<ProcessorDefinition<?>> steps, boolean needed, Map<String, RouteStatement> found) {
        for (ProcessorDefinition<?> step : steps) {
            if (step instanceof EndpointRequiredDefinition endpoint
                    && endpoint.getEndpointUri().startsWith(SQL)
                    && context.getEndpoint(endpoint.getEndpointUri()) instanceof SqlEndpoint statement
                    && database.has(statement.getJdbcTemplate().getDataSource())) {
                String query = statement.getQuery();
                String place = ResourceHelper.hasScheme(query) ? Bundle.name(directory, query) : step.getId();
                found.merge(
                        place,
                        new RouteStatement(place, text(context, statement), needed),
                        (one, other) -> new RouteStatement(place, one.text, one.needed || other.needed));
            }
            look(step.getOutputs(), needed && !(step instanceof TryDefinition), found);
        }
    }

    /** The statement as Camel makes it of its file, with {@code :?name} for a parameter; null where there is none. */
    static String text(CamelContext context, SqlEndpoint endpoint) {
        try {
            return SqlHelper.resolveQuery(
                    context, endpoint.getQuery(), endpoint.isUsePlaceholder() ? endpoint.getPlaceholder() : null);
        } catch (IOException | NoTypeConversionAvailableException e) {
            return null;
        }
    }
}
