/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.filter;

import java.util.List;
import java.util.Set;

import org.apache.camel.Exchange;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.platform.contract.TopicFilter;

/**
 * The intake's filters. Exclusion wins over inclusion; an empty inclusion list includes everything, also messages of which the
 * publisher is not known.
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

    /** What excludes the message: its {@code topic}, {@code user} or {@code client}, or that it is {@code retained}; null where nothing does. */
    public String reason(Exchange exchange) {
        Envelope envelope = exchange.getMessage().getBody(Envelope.class);
        if (TopicFilter.any(excludedTopics, envelope.topic())
                || !includedTopics.isEmpty() && !TopicFilter.any(includedTopics, envelope.topic())) {
            return "topic";
        }
        if (refused(envelope.username(), includedUsers, excludedUsers)) {
            return "user";
        }
        if (refused(envelope.clientId(), includedClients, excludedClients)) {
            return "client";
        }
        return envelope.retained() && !includeRetained ? "retained" : null;
    }

    private static boolean refused(String name, Set<String> included, Set<String> excluded) {
        if (name == null) {
            return !included.isEmpty();
        }
        return excluded.contains(name) || !included.isEmpty() && !included.contains(name);
    }
}
