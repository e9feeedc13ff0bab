/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where a broker grants less than was asked for, in sentences for people. A broker need not grant anything but says what it
 * does, in its answers to the connection and to each subscription; whoever does not look takes its promises for kept.
 */
final class Shortfalls {
    private static final String LOST_AT_QOS_0 =
            "it keeps nothing while msgstore is away, and what is on its way in a crash is lost";

    private static final int NAMED = 3;
    /** Type, length, packet identifier, and no properties. */
    private static final int SUBSCRIBE_BYTES = 1 + 4 + 2 + 1;
    /** Of a filter beside its text: its length and its options. */
    private static final int FILTER_BYTES = 2 + 1;

    private static final long FOR_EVER = 0xFFFF_FFFFL;
    private static final long MINUTE = 60;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;

    private Shortfalls() {}

    /**
     * What the answer to a connection takes back.
     *
     * @param expirySeconds how long the session was to be kept
     * @param qos that subscriptions will ask for
     * @param retained whether retained messages are wanted
     */
    static List<String> ofConnection(Connack answer, String clientId, long expirySeconds, int qos, boolean retained) {
        List<String> sentences = new ArrayList<>();
        Integer most = answer.maximumQos();
        if (most != null && most < qos) {
            sentences.add("the broker grants QoS " + most + " at most: " + LOST_AT_QOS_0);
        }
        Long kept = answer.sessionExpirySeconds();
        if (kept != null && kept < expirySeconds) {
            sentences.add(
                    kept == 0
                            ? "the broker keeps no session: what is published while msgstore is away is lost"
                            : "the broker keeps our session for " + time(kept) + ", not " + time(expirySeconds)
                                    + " (msgstore.mqtt.session-expiry): what is published while msgstore is away for"
                                    + " longer is lost");
        }
        String assigned = answer.assignedClientId();
        if (assigned != null && !assigned.isEmpty() && !assigned.equals(clientId)) {
            sentences.add("the broker calls us '" + assigned + "', not '" + clientId
                    + "' (msgstore.mqtt.client-id): it may not find our session when we come back, nor what it kept");
        }
        if (retained && !answer.retainAvailable()) {
            sentences.add("the broker has no retained messages, which msgstore.include-retained asks for");
        }
        return sentences;
    }

    /**
     * What the answers to subscriptions take back.
     *
     * @param granted QoS of each filter
     * @param qos that was asked for
     */
    static List<String> ofSubscriptions(Map<String, Integer> granted, int qos) {
        List<String> lower = granted.entrySet().stream()
                .filter(one -> one.getValue() < qos)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        if (lower.isEmpty()) {
            return List.of();
        }
        String named = lower.stream().limit(NAMED).collect(Collectors.joining(", "));
        return List.of("the broker grants QoS 0, not " + qos + ", to "
                + (lower.size() > NAMED ? named + " and " + (lower.size() - NAMED) + " more" : named) + ": "
                + LOST_AT_QOS_0);
    }

    /**
     * Why the broker would refuse a subscription, as it said beforehand; null when it would not. It may end the connection
     * of whoever subscribes all the same.
     */
    static String refusal(Connack answer, String filter) {
        boolean shared = filter.startsWith("$share/");
        if (shared && !answer.sharedAvailable()) {
            return "the broker has no shared subscriptions, which msgstore.mqtt.share-group and msgstore.mqtt.consumers above 1"
                    + " need";
        }
        if (filter.matches(".*[+#].*") && !answer.wildcardsAvailable()) {
            return "the broker takes no wildcards in subscriptions: msgstore.mqtt.topics must name topics without + and #";
        }
        return null;
    }

    /** How many of the filters, one at least, a SUBSCRIBE packet has room for that the broker takes. */
    static int fitting(Connack answer, List<String> filters) {
        Long most = answer.maximumPacketBytes();
        if (most == null) {
            return filters.size();
        }
        long size = SUBSCRIBE_BYTES;
        int fitting = 0;
        for (String filter : filters) {
            size += FILTER_BYTES + filter.getBytes(StandardCharsets.UTF_8).length;
            if (size > most) {
                break;
            }
            fitting++;
        }
        return Math.max(1, fitting);
    }

    private static String time(long seconds) {
        if (seconds == FOR_EVER) {
            return "for ever";
        }
        return seconds % DAY == 0
                ? seconds / DAY + "d"
                : seconds % HOUR == 0
                        ? seconds / HOUR + "h"
                        : seconds % MINUTE == 0 ? seconds / MINUTE + "m" : seconds + "s";
    }
}
