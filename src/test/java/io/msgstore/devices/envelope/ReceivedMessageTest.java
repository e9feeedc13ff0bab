/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ReceivedMessageTest {
    @Test
    void itsPublisherIsInTheUserProperties() {
        ReceivedMessage message = message(
                new String[] {"rr", "v"}, new String[] {"username", "alice"}, new String[] {"client_id", "client-1"});
        assertThat(message.username).isEqualTo("alice");
        assertThat(message.clientId).isEqualTo("client-1");
        assertThat(message.traceId).isNull();
        assertThat(message.userProperties).hasSize(3);
    }

    @Test
    void itsTraceIsThePublishersWhereItHasNoTraceIdOfItsOwn() {
        String trace = "0af7651916cd43dd8448eb211c80319c";
        String[] parent = {"traceparent", "00-" + trace + "-b7ad6b7169203331-01"};
        String[] own = {"trace_id", "t-1"};
        assertThat(message(parent).traceId).isEqualTo(trace);
        assertThat(message(parent, own).traceId).isEqualTo("t-1");
        assertThat(message(own, parent).traceId).isEqualTo("t-1");
        for (String wrong :
                List.of("", "00-1-2-01", parent[1].replace('a', 'A'), parent[1].replaceAll("[1-9a-f]", "0"))) {
            assertThat(message(new String[] {"traceparent", wrong}).traceId)
                    .as(wrong)
                    .isNull();
        }
    }

    private static ReceivedMessage message(String[]... userProperties) {
        return new ReceivedMessage("devices/alice/up", new byte[0]).userProperties(List.of(userProperties));
    }
}
