/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.support.LogLines;

import static org.assertj.core.api.Assertions.assertThat;

class ConnectionStatusTest {
    private final MqttComponent component = new MqttComponent();
    private final ConnectionStatus status = new ConnectionStatus("msgstore", component);
    private final LogLines log = new LogLines(MqttConnection.class.getName());

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void theSameErrorIsLoggedOnceUntilItIsForgotten() {
        status.warn("nobody listens there");
        status.warn("nobody listens there");
        assertThat(log.text()).containsExactly("WARN MQTT client 'msgstore': nobody listens there; trying again");
        status.warn("another");
        status.warn("nobody listens there");
        assertThat(log.text()).hasSize(3);
        status.forgetWarning();
        status.warn("nobody listens there");
        assertThat(log.text()).hasSize(4);
    }

    @Test
    void theLineHasTheLastErrorWhileItIsNotUp() {
        assertThat(status.state(0, 0).line()).isEqualTo("msgstore: not connected");
        status.phase("waiting to reconnect");
        status.warn("nobody listens there");
        assertThat(status.state(0, 0).line())
                .isEqualTo("msgstore: waiting to reconnect, last error: nobody listens there");
        status.up(true);
        status.phase("connected to tcp://broker:1883");
        assertThat(status.state(0, 0).line()).isEqualTo("msgstore: connected to tcp://broker:1883");
        assertThat(status.state(3, 10).lastError()).isEqualTo("nobody listens there");
    }

    @Test
    void theTimeIsThatOfTheLastChange() {
        status.up(true);
        String since = status.state(0, 1).since();
        Instant now = Instant.now().plusMillis(1);
        while (!Instant.now().isAfter(now)) {
            Thread.onSpinWait();
        }
        status.up(true);
        assertThat(status.state(0, 1).since()).isEqualTo(since);
        status.up(false);
        assertThat(status.state(0, 1).since()).isGreaterThan(since);
    }

    @Test
    void aShortfallIsLoggedOnceByAllConnectionsAndAgainWhenItIsBack() {
        ConnectionStatus other = new ConnectionStatus("msgstore-2", component);
        status.granted(List.of("no session"), false);
        other.granted(List.of("no session"), false);
        status.granted(List.of("no session"), false);
        assertThat(log.text()).containsExactly("WARN MQTT client 'msgstore': no session");
        assertThat(status.state(0, 1).shortfalls()).containsExactly("no session");
        assertThat(status.state(0, 1).kept()).isFalse();

        status.granted(List.of(), true);
        assertThat(log.text()).endsWith("INFO MQTT client 'msgstore': the broker grants all that is asked for");
        assertThat(status.state(0, 1).kept()).isTrue();
        status.granted(List.of("no session"), false);
        assertThat(log.text())
                .endsWith("WARN MQTT client 'msgstore': no session")
                .hasSize(3);
    }
}
