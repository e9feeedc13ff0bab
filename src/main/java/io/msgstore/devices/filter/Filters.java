/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.filter;

import java.util.List;
import java.util.Set;

import org.apache.camel.Predicate;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.platform.contract.TopicFilter;

/**
 * The intake's filters as predicates for routes, each true when the message is to be taken out. Exclusion wins over
 * inclusion; an empty inclusion list includes everything, also messages of which the publisher is not known.
 */
public final class Filters {
    private final List<TopicFilter> includedTopics;
    private final List<TopicFilter> excludedTopics;
    private final Set<String> includedUsers;
    private final Set<String> excludedUsers;
    private final Set<String> includedClients;
    private final Set<String> excludedClients;
    private final boolean includeRetained;

    public Filters(
            List<String> includedTopics,
            List<String> excludedTopics,
            List<String> includedUsers,
            List<String> excludedUsers,
            List<String> includedClients,
            List<String> excludedClients,
            boolean includeRetained) {
        this.includedTopics = includedTopics.stream().map(TopicFilter::new).toList();
        this.excludedTopics = excludedTopics.stream().map(TopicFilter::new).toList();
        this.includedUsers = Set.copyOf(includedUsers);
        this.excludedUsers = Set.copyOf(excludedUsers);
        this.includedClients = Set.copyOf(includedClients);
        this.excludedClients = Set.copyOf(excludedClients);
        this.includeRetained = includeRetained;
    }

    /** True when the topic is excluded, or not included. */
    public Predicate topic() {
        return exchange -> {
            String topic = exchange.getMessage().getBody(Envelope.class).topic();
            return TopicFilter.any(excludedTopics, topic)
                    || !includedTopics.isEmpty() && !TopicFilter.any(includedTopics, topic);
        };
    }

    /** True when the publisher's user is excluded, or not included. */
    public Predicate user() {
        return exchange ->
                refused(exchange.getMessage().getBody(Envelope.class).username(), includedUsers, excludedUsers);
    }

    /** True when the publisher's client id is excluded, or not included. */
    public Predicate client() {
        return exchange ->
                refused(exchange.getMessage().getBody(Envelope.class).clientId(), includedClients, excludedClients);
    }

    /** True when the message is a retained one and those are not included. */
    public Predicate retained() {
        return exchange -> !includeRetained
                && exchange.getMessage().getBody(Envelope.class).retained();
    }

    private static boolean refused(String name, Set<String> included, Set<String> excluded) {
        if (name == null) {
            return !included.isEmpty();
        }
        return excluded.contains(name) || !included.isEmpty() && !included.contains(name);
    }
}
