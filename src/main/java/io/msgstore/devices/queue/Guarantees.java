/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.camel.CamelContext;
import org.apache.camel.NamedNode;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;

/**
 * What a queue says of itself, in the note of its route from {@code direct:enqueue}:
 *
 * <pre>note: "guarantees: durable, shared"</pre>
 *
 * <p>The page and {@code /api/v1/status} show it; docs/queues.md says what the words mean, and is held to the files by a test.
 * Given to Camel as a factory it sees each route before it is there, at the start as after an edit, and refuses one with a
 * word that is none.
 */
public final class Guarantees implements RoutePolicyFactory {
    /** All that there are, in the order in which they are shown. */
    static final List<String> NAMES = List.of("durable", "shared", "ordered-by-key", "replayable", "exact-length");

    private static final String ENTRANCE = "direct:enqueue";
    private static final Pattern NOTE = Pattern.compile("^\\s*guarantees:(.*)$", Pattern.MULTILINE);

    private volatile List<String> declared = List.of();

    /** What the queue that runs here says; empty when it says nothing. */
    public List<String> declared() {
        return declared;
    }

    @Override
    public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode node) {
        if (node instanceof RouteDefinition route && isEntrance(route)) {
            declared = read(route.getNote());
        }
        return null;
    }

    /** Whether it is the route whose note is read. */
    static boolean isEntrance(RouteDefinition route) {
        return route.getInput()
                .getEndpointUri()
                .split("\\?", 2)[0]
                .replace("//", "")
                .equals(ENTRANCE);
    }

    /**
     * @param note of a route; null, or without a line of guarantees, for a queue that says nothing
     * @throws IllegalArgumentException when it names one that there is not
     */
    static List<String> read(String note) {
        Matcher matcher = NOTE.matcher(note == null ? "" : note);
        if (!matcher.find() || matcher.group(1).isBlank()) {
            return List.of();
        }
        List<String> words = List.of(matcher.group(1).trim().split("\\s*,\\s*", -1));
        for (String word : words) {
            if (!NAMES.contains(word)) {
                throw new IllegalArgumentException("the note of the route from " + ENTRANCE
                        + " says that the queue guarantees \"" + word + "\"; must be of " + String.join(", ", NAMES));
            }
        }
        return NAMES.stream().filter(words::contains).toList();
    }
}
