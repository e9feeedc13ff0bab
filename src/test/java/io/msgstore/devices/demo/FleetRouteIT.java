/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.demo;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.camel.CamelContext;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Component;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.junit.jupiter.api.Test;

import io.msgstore.support.Limits;
import io.msgstore.support.TestBroker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class FleetRouteIT {
    @Test
    void publishesToATopicPerVehicle() throws Exception {
        Map<String, Integer> qosByTopic = new ConcurrentHashMap<>();
        try (TestBroker broker = TestBroker.running()) {
            MqttClient subscriber = new MqttClient(broker.url(), "fleet-route-it", new MemoryPersistence());
            subscriber.setCallback(new Arrivals(qosByTopic));
            subscriber.connect();
            subscriber.subscribe(new MqttSubscription[] {new MqttSubscription("devices/#", 1)});
            try (CamelContext camel = new DefaultCamelContext()) {
                camel.getComponent("paho-mqtt5", PahoMqtt5Component.class)
                        .getConfiguration()
                        .setBrokerUrl(broker.url());
                PluginHelper.getRoutesLoader(camel)
                        .loadRoutes(ResourceHelper.resolveResource(camel, "file:routes/demo/fleet.camel.yaml"));
                camel.start();
                await().atMost(Limits.LIMIT)
                        .untilAsserted(() -> assertThat(qosByTopic).hasSize(20));
                assertThat(qosByTopic).allSatisfy((topic, qos) -> {
                    assertThat(topic).matches("devices/\\d{12}/up");
                    assertThat(qos).isEqualTo(1);
                });
            } finally {
                subscriber.disconnect();
                subscriber.close();
            }
        }
    }

    private record Arrivals(Map<String, Integer> qosByTopic) implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            qosByTopic.put(topic, message.getQos());
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException exception) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {}

        @Override
        public void authPacketArrived(int code, MqttProperties properties) {}
    }
}
