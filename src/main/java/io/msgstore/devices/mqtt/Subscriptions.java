/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.msgstore.platform.contract.TopicFilter;

/**
 * Decides which filters one connection subscribes to, when, and what the broker's answers mean. It asks the broker nothing itself.
 *
 * <p>Each wanted filter is in one of two groups. Most are subscribed to at once. A filter that takes the place of its own shared or
 * unshared form is subscribed to later, when all that arrived is settled and nothing arrives: Artemis delivers for just one of
 * the two forms, and until then the old one serves the same topics. After that, the stale filters are unsubscribed from, which
 * are those that the session on the broker has and the configuration no longer wants: some brokers throw away with a
 * subscription what they have queued for it, and where one filter takes the place of another those messages are wanted.
 *
 * <p>Used by one thread.
 */
final class Subscriptions {

    private static final int REFUSED = 0x80;

    private final Connack connack;
    /** The QoS to ask for. */
    final int qos;
    /** The filters to unsubscribe from when none are left for later, all that arrived is settled and nothing arrives. */
    final List<String> stale;
    /** The filters to subscribe to as soon as there is a connection. */
    final List<String> atOnce;
    /** The filters to subscribe to when all that arrived is settled and nothing arrives; none after {@link #takeLater}. */
    List<String> later;
    /** Which filters can't be subscribed to and why, for people; null while every filter can. */
    String unsubscribable;

    private final Map<String, Integer> granted = new HashMap<>();

    /**
     * A packet to be sent.
     *
     * @param filters to subscribe to with this packet; none where the broker takes none of those that were given
     * @param rest to subscribe to when the packet is answered
     */
    record Packet(List<String> filters, List<String> rest) {
        /** All filters; those that were not tried yet first, because the others may be refused for ever. */
        List<String> restFirst() {
            return both(rest, filters);
        }
    }

    /**
     * Filters that the broker refused.
     *
     * @param filters to try again later: those that were not tried yet first, because the refused ones may be refused for ever
     * @param reason names the refused ones, each with the broker's reason
     */
    record Refusal(List<String> filters, String reason) {}

    /**
     * @param wanted filters of the configuration
     * @param stale filters that the session has and that are not wanted
     * @param qos to ask for, 0 or 1
     */
    Subscriptions(List<String> wanted, List<String> stale, Connack connack, int qos) {
        this.connack = connack;
        this.qos = qos;
        this.stale = List.copyOf(stale);
        List<String> served = stale.stream().map(TopicFilter::unshared).toList();
        later = wanted.stream()
                .filter(filter -> served.contains(TopicFilter.unshared(filter)))
                .toList();
        atOnce = wanted.stream().filter(filter -> !later.contains(filter)).toList();
    }

    /** As {@link #later}, and there are none any more. */
    List<String> takeLater() {
        List<String> taken = later;
        later = List.of();
        return taken;
    }

    /**
     * The next packet, with as many of the filters as the broker takes in one. Left out are those of which the broker said in its
     * CONNACK that it would refuse them: it might end the connection when it is asked. {@link #unsubscribable} tells of them.
     */
    Packet packet(List<String> filters) {
        Map<String, String> hopeless = new LinkedHashMap<>();
        for (String filter : filters) {
            String refusal = Shortfalls.refusal(connack, filter);
            if (refusal != null) {
                hopeless.put(filter, refusal);
            }
        }
        if (!hopeless.isEmpty()) {
            unsubscribable = "can't subscribe to " + String.join(", ", hopeless.keySet()) + ": "
                    + String.join("; ", new LinkedHashSet<>(hopeless.values()));
        }
        List<String> hopeful =
                filters.stream().filter(filter -> !hopeless.containsKey(filter)).toList();
        int fitting = hopeful.isEmpty() ? 0 : Shortfalls.fitting(connack, hopeful);
        return new Packet(hopeful.subList(0, fitting), hopeful.subList(fitting, hopeful.size()));
    }

    /**
     * Notes the broker's answer to a packet.
     *
     * @param codes reason code of each filter; where one is missing, its filter counts as refused
     * @return what the broker refused, and what is not asked for yet; null if it granted the whole packet
     */
    Refusal answered(Packet packet, int[] codes) {
        List<String> denied = new ArrayList<>();
        StringBuilder reasons = new StringBuilder();
        for (int i = 0; i < packet.filters().size(); i++) {
            String filter = packet.filters().get(i);
            int code = codes != null && i < codes.length ? codes[i] : REFUSED;
            if (code >= REFUSED) {
                denied.add(filter);
                reasons.append(reasons.isEmpty() ? "" : ", ")
                        .append(String.format("'%s' (%s)", filter, Reasons.code(code)));
            } else {
                granted.put(filter, code);
            }
        }
        return denied.isEmpty() ? null : new Refusal(both(packet.rest(), denied), reasons.toString());
    }

    /** Whether the broker's answer to an unsubscription refuses any of it. */
    static boolean isRefused(int[] codes) {
        if (codes != null) {
            for (int code : codes) {
                if (code >= REFUSED) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Where the broker grants less than was asked for, in sentences; of the filters that were answered so far. */
    List<String> shortfalls(String clientId, long sessionExpirySeconds, boolean retainedWanted) {
        List<String> sentences = new ArrayList<>(Shortfalls.ofSubscriptions(granted, qos));
        // QoS 0 takes the connection's highest QoS out: the subscriptions say it more exactly
        sentences.addAll(Shortfalls.ofConnection(connack, clientId, sessionExpirySeconds, 0, retainedWanted));
        return sentences;
    }

    /** Whether the broker keeps what is published while the connection is away, as far as its answers tell. */
    boolean isKept() {
        Long expiry = connack.sessionExpirySeconds();
        return (expiry == null || expiry > 0) && granted.values().stream().allMatch(given -> given > 0);
    }

    private static List<String> both(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
