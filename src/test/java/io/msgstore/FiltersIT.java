/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** Which messages the filters let in. A message's {@code terminal_id} says where it came from. */
class FiltersIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void onlyIncludedTopicsPassAndExcludedOnesDoNotEvenThen() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.include-topics", "fleet/+/up,depot/#")
                        .set("msgstore.exclude-topics", "depot/secret/#,fleet/7/up")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            List<String> topics = List.of(
                    "fleet/1/up",
                    "fleet/7/up",
                    "fleet/1/down",
                    "fleet/1/up/more",
                    "depot",
                    "depot/a/b",
                    "depot/secret",
                    "depot/secret/x",
                    "other");
            topics.forEach(topic -> publisher.publish(topic, gps(topic)));
            assertThat(Counts.afterAtLeast(topics.size(), msgstore)).isEqualTo(new Counts(9, 3, 0, 6, 0, 0, 0, 0, 0));
            assertThat(filtered(msgstore, "topic")).isEqualTo(6);
        }
        assertThat(stored()).containsExactly("depot", "depot/a/b", "fleet/1/up");
    }

    @Test
    void topicsOfTheBrokerItselfAreExcludedUnlessWanted() {
        // what a wildcard leaves out, a subscription may name
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.topics", "#,$SYS/#,$data/#")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            List.of("$SYS/broker/load", "$data/a", "plain").forEach(topic -> publisher.publish(topic, gps(topic)));
            Counts.afterAtLeast(3, msgstore);
            assertThat(filtered(msgstore, "topic")).isOne();
        }
        assertThat(stored()).containsExactly("$data/a", "plain");
    }

    @Test
    void aWildcardAtTheBeginningOfAnIncludedTopicLeavesTopicsWithADollarOut() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.topics", "plain,$data/#")
                        .set("msgstore.include-topics", "#")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            List.of("$data/a", "plain").forEach(topic -> publisher.publish(topic, gps(topic)));
            assertThat(Counts.afterAtLeast(2, msgstore).filtered()).isOne();
        }
        assertThat(stored()).containsExactly("plain");
    }

    @Test
    void usersAreKnownFromUserPropertiesAndFromTheEnvelope() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.include-users", "alice,bob")
                        .set("msgstore.exclude-users", "bob,mallory")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            for (String user : List.of("alice", "bob", "carol", "mallory")) {
                publisher.publish("t", gps(user + "-property"), Map.of("username", user));
                publisher.publish("t", envelope("username", user));
            }
            publisher.publish("t", gps("unknown"));
            assertThat(Counts.afterAtLeast(9, msgstore).filtered()).isEqualTo(7);
            assertThat(filtered(msgstore, "user")).isEqualTo(7);
        }
        assertThat(stored()).containsExactly("alice-envelope", "alice-property");
    }

    @Test
    void excludedClientsAreLeftOutAndUnknownOnesAreNot() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.exclude-clients", "c1,c2")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            for (String client : List.of("c1", "c3")) {
                publisher.publish("t", gps(client + "-property"), Map.of("client_id", client));
                publisher.publish("t", envelope("client_id", client));
            }
            publisher.publish("t", gps("unknown"));
            assertThat(Counts.afterAtLeast(5, msgstore).stored()).isEqualTo(3);
            assertThat(filtered(msgstore, "client")).isEqualTo(2);
        }
        assertThat(stored()).containsExactly("c3-envelope", "c3-property", "unknown");
    }

    @Test
    void onlyIncludedClientsPass() {
        try (MsgstoreProcess msgstore =
                        SERVERS.msgstore().set("msgstore.include-clients", "c1").startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("t", gps("c1"), Map.of("client_id", "c1"));
            publisher.publish("t", gps("c2"), Map.of("client_id", "c2"));
            publisher.publish("t", gps("unknown"));
            assertThat(Counts.afterAtLeast(3, msgstore).filtered()).isEqualTo(2);
            assertThat(filtered(msgstore, "client")).isEqualTo(2);
        }
        assertThat(stored()).containsExactly("c1");
    }

    @Test
    void retainedMessagesAreLeftOutUnlessWanted() {
        try (Publisher publisher = SERVERS.publisher()) {
            publisher.publishRetained("kept/a", gps("retained"));
            try (MsgstoreProcess msgstore =
                    SERVERS.msgstore().set("msgstore.mqtt.topics", "kept/#").startAndAwaitReady()) {
                Counts.afterAtLeast(1, msgstore);
                publisher.publish("kept/b", gps("live"));
                Counts.afterAtLeast(2, msgstore);
                assertThat(filtered(msgstore, "retained")).isOne();
            }
            assertThat(stored()).containsExactly("live");

            try (MsgstoreProcess msgstore = SERVERS.msgstore()
                    .set("msgstore.mqtt.topics", "kept/#")
                    .set("msgstore.mqtt.client-id", "another session")
                    .set("msgstore.include-retained", true)
                    .startAndAwaitReady()) {
                assertThat(Counts.afterAtLeast(1, msgstore).filtered()).isZero();
            }
            assertThat(stored()).containsExactly("live", "retained");
        }
    }

    private static double filtered(MsgstoreProcess msgstore, String filter) {
        return msgstore.metric("msgstore_filtered_total", "filter", filter);
    }

    private static String gps(String terminal) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal
                + "\",\"ts\":1770602938,\"latitude\":1,\"longitude\":2}";
    }

    private static String envelope(String field, String value) {
        return "{\"ts\":\"2026-01-23T17:00:00Z\",\"topic\":\"t\",\"payload\":" + gps(value + "-envelope") + ",\""
                + field + "\":\"" + value + "\"}";
    }

    private static List<Object> stored() {
        return SERVERS
                .postgres()
                .rows("select terminal_id from gps_position_histories order by terminal_id collate \"C\"")
                .stream()
                .map(row -> row.get("terminal_id"))
                .toList();
    }
}
