/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import org.apache.camel.component.paho.mqtt5.PahoMqtt5Endpoint;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class MqttComponentTest {

    private final MqttComponent mqtt = new MqttComponent();

    @Test
    void isConfiguredByProperties() throws Exception {
        Main main = new Main();
        main.bind("paho-mqtt5", mqtt);
        main.addOverrideProperty("camel.opentelemetry2.enabled", "false");
        main.addInitialProperty("camel.component.paho-mqtt5.consumers", "3");
        main.addInitialProperty("camel.component.paho-mqtt5.share-group", "fleet");
        main.addInitialProperty("camel.component.paho-mqtt5.receive-maximum", "500");
        main.addInitialProperty("camel.component.paho-mqtt5.session-expiry-seconds", "60");
        main.addInitialProperty("camel.component.paho-mqtt5.acknowledge-on-enqueue", "true");
        main.addInitialProperty("camel.component.paho-mqtt5.configuration.client-id", "msgstore-1");
        main.addInitialProperty("camel.component.paho-mqtt5.configuration.broker-url", "tcp://broker:1883");
        main.start();
        try {
            assertThat(mqtt.consumers).isEqualTo(3);
            assertThat(mqtt.shareGroup).isEqualTo("fleet");
            assertThat(mqtt.getConfiguration().getReceiveMaximum()).isEqualTo(500);
            assertThat(mqtt.sessionExpirySeconds).isEqualTo(60);
            assertThat(mqtt.acknowledgeOnEnqueue).isTrue();
            MqttEndpoint endpoint =
                    main.getCamelContext().getEndpoint("paho-mqtt5:a/#,b/+/c?qos=0", MqttEndpoint.class);
            assertThat(endpoint.clientId()).isEqualTo("msgstore-1");
            assertThat(endpoint.filters()).containsExactly("a/#", "b/+/c");
            assertThat(endpoint.urls()).containsExactly("tcp://broker:1883");
            assertThat(endpoint.getConfiguration().getQos()).isZero();
        } finally {
            main.stop();
        }
    }

    @Test
    void keepsTheClientIdFromProducers() throws Exception {
        Main main = new Main();
        main.bind("paho-mqtt5", mqtt);
        main.addOverrideProperty("camel.opentelemetry2.enabled", "false");
        mqtt.getConfiguration().setClientId("msgstore-1");
        main.start();
        try {
            var endpoint = main.getCamelContext().getEndpoint("paho-mqtt5:out", PahoMqtt5Endpoint.class);
            assertThat(endpoint.getConfiguration().getClientId()).isNull();
            var own = main.getCamelContext().getEndpoint("paho-mqtt5:out?clientId=sender", MqttEndpoint.class);
            assertThat(own.getConfiguration().getClientId()).isEqualTo("sender");
            assertThat(own.clientId()).isEqualTo("sender");
        } finally {
            main.stop();
        }
    }

    @Test
    void cutsTheReceiveMaximumToWhatMqttAllows() {
        mqtt.setReceiveMaximum(100_000);
        assertThat(mqtt.getConfiguration().getReceiveMaximum()).isEqualTo(65_535);
    }

    @Test
    void refusesNonsense() {
        assertThatThrownBy(() -> mqtt.setConsumers(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> mqtt.setReceiveMaximum(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> mqtt.setSessionExpirySeconds(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> mqtt.setSessionExpirySeconds(1L << 32)).isInstanceOf(IllegalArgumentException.class);
    }
}
