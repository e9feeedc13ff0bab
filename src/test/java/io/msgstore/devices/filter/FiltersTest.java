/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.filter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;

import static org.assertj.core.api.Assertions.assertThat;

class FiltersTest {
    private static final DefaultCamelContext CAMEL = new DefaultCamelContext();

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // include, exclude, topic, taken out
                "'',     '',      a/b,     false",
                "'',     $SYS/#,  $SYS/a,  true",
                "'',     $SYS/#,  a,       false",
                "a/#,    '',      a/b,     false",
                "a/#,    '',      b,       true",
                "a/#,    a/b,     a/b,     true",
                "a/#,    a/b,     a/c,     false",
                "a/b,    a/#,     a/b,     true",
                "'a;b',  '',      b,       false",
                "'',     'a;b',   b,       true"
            })
    void filtersTopics(String include, String exclude, String topic, boolean takenOut) {
        Filters filters = new Filters(list(include), list(exclude), List.of(), List.of(), List.of(), List.of(), true);
        assertThat(filters.reason(message(topic, null, null, false))).isEqualTo(takenOut ? "topic" : null);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // include, exclude, name, taken out
                "'',             '',      alice,  false",
                "'',             '',      -,      false",
                "alice,          '',      alice,  false",
                "alice,          '',      Alice,  true",
                "alice,          '',      bob,    true",
                "alice,          '',      -,      true",
                "'',             alice,   alice,  true",
                "'',             alice,   bob,    false",
                "'',             alice,   -,      false",
                "'alice;bob',    alice,   alice,  true",
                "'alice;bob',    alice,   bob,    false",
                "alice,          alice,   alice,  true"
            })
    void filtersUsersAndClients(String include, String exclude, String name, boolean takenOut) {
        Filters byUser = new Filters(List.of(), List.of(), list(include), list(exclude), List.of(), List.of(), true);
        assertThat(byUser.reason(message("t", name, "other", false))).isEqualTo(takenOut ? "user" : null);
        Filters byClient = new Filters(List.of(), List.of(), List.of(), List.of(), list(include), list(exclude), true);
        assertThat(byClient.reason(message("t", "other", name, false))).isEqualTo(takenOut ? "client" : null);
    }

    @Test
    void filtersRetainedMessagesUnlessTheyAreWanted() {
        assertThat(retained(false).reason(message("t", null, null, true))).isEqualTo("retained");
        assertThat(retained(false).reason(message("t", null, null, false))).isNull();
        assertThat(retained(true).reason(message("t", null, null, true))).isNull();
    }

    private static Filters retained(boolean include) {
        return new Filters(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), include);
    }

    private static List<String> list(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(";"));
    }

    private static Exchange message(String topic, String user, String client, boolean retained) {
        List<String[]> properties = new ArrayList<>();
        if (user != null) {
            properties.add(new String[] {"username", user});
        }
        if (client != null) {
            properties.add(new String[] {"client_id", client});
        }
        Exchange exchange = new DefaultExchange(CAMEL);
        exchange.getMessage()
                .setBody(Envelope.of(
                        new ReceivedMessage(topic, "{}".getBytes(StandardCharsets.UTF_8))
                                .retained(retained)
                                .userProperties(properties),
                        100));
        return exchange;
    }
}
