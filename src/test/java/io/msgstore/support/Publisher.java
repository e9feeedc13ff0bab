/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** Publishes single messages, MQTT 5, QoS 1, and returns when the broker has them. For load see {@link io.msgstore.bench.load.LoadPublisher}. */
public final class Publisher implements AutoCloseable {
    private static final long LIMIT_MS = Limits.LIMIT.toMillis();

    private final MqttAsyncClient client;

    private Publisher(MqttAsyncClient client) {
        this.client = client;
    }

    /** Connects. */
    public static Publisher to(String url) {
        return to(url, null, null);
    }

    /** Connects with a user. */
    public static Publisher to(String url, String username, String password) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        options.setUserName(username);
        options.setPassword(password == null ? null : password.getBytes(StandardCharsets.UTF_8));
        try {
            MqttAsyncClient client =
                    new MqttAsyncClient(url, "publisher-" + UUID.randomUUID(), new MemoryPersistence());
            client.connect(options).waitForCompletion(LIMIT_MS);
            return new Publisher(client);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    public void publish(String topic, String payload) {
        publishAll(topic, List.of(payload));
    }

    /** Publishes one after the other, and waits for the broker once. */
    public void publishAll(String topic, List<String> payloads) {
        publish(
                topic,
                payloads.stream()
                        .map(payload -> new MqttMessage(payload.getBytes(StandardCharsets.UTF_8)))
                        .toList());
    }

    public void publishRetained(String topic, String payload) {
        MqttMessage message = new MqttMessage(payload.getBytes(StandardCharsets.UTF_8));
        message.setRetained(true);
        publish(topic, List.of(message));
    }

    /** Publishes with MQTT 5 user properties. */
    public void publish(String topic, String payload, Map<String, String> userProperties) {
        MqttMessage message = new MqttMessage(payload.getBytes(StandardCharsets.UTF_8));
        MqttProperties properties = new MqttProperties();
        properties.setUserProperties(userProperties.entrySet().stream()
                .map(property -> new UserProperty(property.getKey(), property.getValue()))
                .toList());
        message.setProperties(properties);
        publish(topic, List.of(message));
    }

    private void publish(String topic, List<MqttMessage> messages) {
        try {
            List<IMqttToken> tokens = new ArrayList<>();
            for (MqttMessage message : messages) {
                message.setQos(1);
                tokens.add(client.publish(topic, message));
            }
            for (IMqttToken token : tokens) {
                token.waitForCompletion(LIMIT_MS);
            }
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            if (client.isConnected()) {
                client.disconnect().waitForCompletion(LIMIT_MS);
            }
            client.close();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }
}
