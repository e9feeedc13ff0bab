/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An MQTT subscription filter, compiled: {@code +} stands for one level, {@code #} at the end for any number of levels
 * and the parent itself. A filter that starts with a wildcard does not match topics that start with {@code $}
 * (MQTT 5.0, 4.7.2).
 */
public final class TopicFilter {
    private static final String SHARED = "$share/";
    private static final String ONE = "+";
    private static final Pattern SPECIAL = Pattern.compile("[.^$*+?()\\[\\]{}|\\\\]");

    private final String[] levels;
    private final boolean open;

    /** @param filter a valid MQTT topic filter */
    public TopicFilter(String filter) {
        open = filter.equals("#") || filter.endsWith("/#");
        String fixed = open ? filter.substring(0, Math.max(0, filter.length() - 2)) : filter;
        levels = open && fixed.isEmpty() && !filter.startsWith("/") ? new String[0] : fixed.split("/", -1);
    }

    /** What is wrong with a filter that somebody wrote; empty when it is right. */
    public static Optional<String> problem(String filter) {
        if (filter.isEmpty()) {
            return Optional.of("one is empty");
        }
        if (!MqttText.fits(filter)) {
            return Optional.of("one is longer than 65535 bytes, or has control characters");
        }
        if (filter.startsWith(SHARED)) {
            return Optional.of("for a shared subscription set msgstore.mqtt.share-group");
        }
        String[] levels = filter.split("/", -1);
        for (int level = 0; level < levels.length; level++) {
            if (levels[level].contains("#") && !(levels[level].equals("#") && level == levels.length - 1)) {
                return Optional.of("\"" + filter + "\": # must be alone in the last level");
            }
            if (levels[level].contains("+") && !levels[level].equals("+")) {
                return Optional.of("\"" + filter + "\": + must be alone in its level");
            }
        }
        return Optional.empty();
    }

    /** Whether the topic is in any of the filters. */
    public static boolean any(List<TopicFilter> filters, String topic) {
        for (TopicFilter filter : filters) {
            if (filter.matches(topic)) {
                return true;
            }
        }
        return false;
    }

    /** The filter without {@code $share/<group>/}, which is the one whose topics it covers. */
    public static String unshared(String filter) {
        return filter.startsWith(SHARED) ? filter.substring(filter.indexOf('/', SHARED.length()) + 1) : filter;
    }

    /**
     * The filters that are left when those are taken out whose topics another one has all: a broker may deliver a message once
     * for each filter. Filters of different shared subscriptions stay: each subscription gets all messages.
     *
     * @param filters valid ones, with {@code $share/<group>/} or without
     */
    public static List<String> withoutCovered(List<String> filters) {
        return IntStream.range(0, filters.size())
                .filter(i -> IntStream.range(0, filters.size()).noneMatch(j -> i != j && isCovered(filters, i, j)))
                .mapToObj(filters::get)
                .toList();
    }

    // of two that are alike the first one stays
    private static boolean isCovered(List<String> filters, int one, int by) {
        return covers(filters.get(by), filters.get(one)) && (by < one || !covers(filters.get(one), filters.get(by)));
    }

    private static boolean covers(String one, String other) {
        String ofOne = unshared(one);
        String ofOther = unshared(other);
        return one.substring(0, one.length() - ofOne.length())
                        .equals(other.substring(0, other.length() - ofOther.length()))
                && new TopicFilter(ofOne).covers(new TopicFilter(ofOther));
    }

    /** Whether every topic that the other filter matches is matched by this one. */
    public boolean covers(TopicFilter other) {
        boolean longEnough = open ? other.levels.length >= levels.length : other.levels.length == levels.length;
        if (!longEnough || other.open && !open || beginsWithWildcard() && other.beginsWithDollar()) {
            return false;
        }
        for (int i = 0; i < levels.length; i++) {
            if (!levels[i].equals(ONE) && !levels[i].equals(other.levels[i])) {
                return false;
            }
        }
        return true;
    }

    /** Whether there is a topic that both filters match. */
    public boolean overlaps(TopicFilter other) {
        if (levels.length > other.levels.length && !other.open
                || levels.length < other.levels.length && !open
                || beginsWithWildcard() && other.beginsWithDollar()
                || other.beginsWithWildcard() && beginsWithDollar()) {
            return false;
        }
        for (int i = 0; i < Math.min(levels.length, other.levels.length); i++) {
            if (!levels[i].equals(ONE) && !other.levels[i].equals(ONE) && !levels[i].equals(other.levels[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean beginsWithWildcard() {
        return levels.length == 0 || levels[0].equals(ONE);
    }

    private boolean beginsWithDollar() {
        return levels.length > 0 && levels[0].startsWith("$");
    }

    /** Whether the topic matches. */
    public boolean matches(String topic) {
        if (topic.startsWith("$") && beginsWithWildcard()) {
            return false;
        }
        int from = 0;
        for (int i = 0; i < levels.length; i++) {
            if (from > topic.length()) {
                return false;
            }
            int slash = topic.indexOf('/', from);
            int to = slash < 0 ? topic.length() : slash;
            String level = levels[i];
            if (!level.equals(ONE) && !(level.length() == to - from && topic.startsWith(level, from))) {
                return false;
            }
            from = to + 1;
        }
        return open || from > topic.length();
    }

    /**
     * The same as a regular expression, which PostgreSQL and Java read alike. Other than the filter, it lets a wildcard at its beginning
     * stand for a level that begins with {@code $}.
     */
    public String regex() {
        if (open && levels.length == 0) {
            return "";
        }
        return Arrays.stream(levels)
                .map(level ->
                        level.equals(ONE) ? "[^/]*" : SPECIAL.matcher(level).replaceAll("\\\\$0"))
                .collect(Collectors.joining("/", "^", open ? "(/.*)?$" : "$"));
    }
}
