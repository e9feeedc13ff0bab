/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.charset.StandardCharsets;

import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

/** Publishes any message at QoS 1, one after the other, where a {@link LoadPublisher} publishes good ones in numbers. */
public final class TestPublisher implements AutoCloseable {
    private final MqttClient client;

    private TestPublisher(String url) {
        try {
            client = new MqttClient(url, "publisher-" + System.nanoTime(), new MemoryPersistence());
            client.connect();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Connects to a broker, such as {@code tcp://127.0.0.1:1883}. */
    public static TestPublisher to(String url) {
        return new TestPublisher(url);
    }

    /** Publishes and waits for the acknowledgement. */
    public void publish(String topic, String payload) {
        try {
            client.publish(topic, payload.getBytes(StandardCharsets.UTF_8), 1, false);
        } catch (MqttException e) {
            throw new IllegalStateException(topic, e);
        }
    }

    @Override
    public void close() {
        try {
            client.disconnect();
            client.close();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }
}
