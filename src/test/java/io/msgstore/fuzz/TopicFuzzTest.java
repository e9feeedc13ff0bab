/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.filter.Filters;
import io.msgstore.platform.contract.TopicFilter;

import static org.assertj.core.api.Assertions.assertThat;

/** Topic filters and the other filters against straightforward models of them: 60,000 cases, 3 s on two busy cores. */
class TopicFuzzTest {
    private static final String BETWEEN = " ~ ";

    @Test
    void aFilterMatchesWhatMqttSays() {
        Fuzz.run("topics", 40_000, dice -> filter(dice) + BETWEEN + topic(dice), one -> {
            String[] parts = one.input().split(BETWEEN, 2);
            assertThat(new TopicFilter(parts[0]).matches(parts[1])).isEqualTo(matches(parts[0], parts[1]));
        });
    }

    @Test
    void exclusionWinsOverInclusion() {
        DefaultCamelContext context = new DefaultCamelContext();
        Fuzz.run("filters", 20_000, TopicFuzzTest::lists, one -> {
            List<List<String>> lists = Arrays.stream(one.input().split(BETWEEN, -1))
                    .map(list -> list.isEmpty() ? List.<String>of() : List.of(list.split(",", -1)))
                    .toList();
            Filters filters = new Filters(
                    lists.get(0), lists.get(1), lists.get(2), lists.get(3), lists.get(4), lists.get(5), false);
            String topic = String.join(",", lists.get(6));
            String user = lists.get(7).isEmpty() ? null : lists.get(7).get(0);
            String client = lists.get(8).isEmpty() ? null : lists.get(8).get(0);
            Exchange exchange = new DefaultExchange(context);
            exchange.getMessage()
                    .setBody(Envelope.of(
                            new ReceivedMessage(topic, "{}".getBytes(StandardCharsets.UTF_8))
                                    .username(user)
                                    .clientId(client),
                            100));
            boolean byTopic = lists.get(1).stream().anyMatch(filter -> matches(filter, topic))
                    || !lists.get(0).isEmpty() && lists.get(0).stream().noneMatch(filter -> matches(filter, topic));
            String reason = byTopic
                    ? "topic"
                    : refused(lists.get(2), lists.get(3), user)
                            ? "user"
                            : refused(lists.get(4), lists.get(5), client) ? "client" : null;
            assertThat(filters.reason(exchange)).isEqualTo(reason);
        });
    }

    private static boolean refused(List<String> included, List<String> excluded, String name) {
        boolean in = included.isEmpty() || name != null && included.contains(name);
        boolean out = name != null && excluded.contains(name);
        return out || !in;
    }

    // MQTT 5.0, 4.7, level by level
    private static boolean matches(String filter, String topic) {
        boolean wildcardFirst = filter.startsWith("+") || filter.startsWith("#");
        return !(wildcardFirst && topic.startsWith("$"))
                && matches(List.of(filter.split("/", -1)), List.of(topic.split("/", -1)));
    }

    private static boolean matches(List<String> filter, List<String> topic) {
        if (filter.isEmpty() || filter.get(0).equals("#")) {
            return !filter.isEmpty() || topic.isEmpty();
        }
        if (topic.isEmpty()) {
            return false;
        }
        boolean same = filter.get(0).equals("+") || filter.get(0).equals(topic.get(0));
        List<String> below = filter.subList(1, filter.size());
        List<String> rest = topic.subList(1, topic.size());
        return same && (matches(below, rest) || rest.isEmpty() && below.equals(List.of("#")));
    }

    static String filter(Dice dice) {
        StringBuilder filter = new StringBuilder();
        for (int i = dice.below(4); i > 0; i--) {
            filter.append(dice.oneIn(3) ? "+" : level(dice)).append('/');
        }
        return filter + dice.of("#", "#", "+", level(dice));
    }

    static String topic(Dice dice) {
        StringBuilder topic = new StringBuilder(level(dice));
        for (int i = dice.below(4); i > 0; i--) {
            topic.append('/').append(level(dice));
        }
        return topic.toString();
    }

    static String level(Dice dice) {
        String level = dice.oneIn(20) ? dice.text(5) : dice.of("a", "b", "ab", "", "$SYS", "$", " ", "é", "😀", "A");
        return level.replaceAll("[/+#~,\u0000]", "");
    }

    private static String lists(Dice dice) {
        StringBuilder lists = new StringBuilder();
        for (int i = 0; i < 9; i++) {
            lists.append(i > 0 ? BETWEEN : "");
            if (i == 6) {
                lists.append(topic(dice));
            } else if (i > 6) {
                lists.append(dice.of("", "alice", "bob", "carol"));
            } else if (i < 2) {
                lists.append(dice.of("", filter(dice), filter(dice) + "," + filter(dice)));
            } else {
                lists.append(dice.of("", "", "alice", "bob,alice", "carol"));
            }
        }
        return lists.toString();
    }
}
