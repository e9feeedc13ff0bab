/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;
import java.util.function.Function;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;

import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttReturnCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of Paho's client. Each attempt has a new client: one that reconnects by itself sets its callback too late again, see
 * {@link MqttTransport.Factory}, and mixes acknowledgements of the old connection into the new one, where the packet ids mean other
 * messages.
 */
final class PahoTransport implements MqttTransport, MqttCallback {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private final MqttEndpoint endpoint;
    private final String address;
    private final String clientId;
    private final Listener listener;
    private final PahoClient client;

    /** @throws MqttException or IllegalArgumentException if the address is not one that Paho knows */
    PahoTransport(MqttEndpoint endpoint, String address, String clientId, Room room, Listener listener)
            throws MqttException {
        this.endpoint = endpoint;
        this.address = address;
        this.clientId = clientId;
        this.listener = listener;
        client = new PahoClient(address, clientId, room);
        client.setCallback(this);
    }

    @Override
    public void connect(int receiveMaximum, Answer<Connack> answer) throws MqttException {
        MqttConnectionOptions options = endpoint.connectionOptions();
        options.setReceiveMaximum(receiveMaximum);
        SocketFactory factory = options.getSocketFactory();
        boolean secure = address.startsWith("ssl:") || address.startsWith("wss:");
        if (factory != null && secure != factory instanceof SSLSocketFactory) {
            // of a mixed list of addresses the factory fits only some; Paho has its own for the others
            options.setSocketFactory(null);
        }
        client.connect(options, null, listener(this::connected, answer));
    }

    private Connack connected(IMqttToken token) {
        client.adoptKeepAlive(token.getResponseProperties());
        return connack(token);
    }

    /** What Paho has read of a CONNACK. */
    static Connack connack(IMqttToken token) {
        MqttProperties said = token.getResponseProperties();
        if (said == null) {
            return Connack.grantingAll(token.getSessionPresent());
        }
        return new Connack(
                token.getSessionPresent(),
                said.getSessionExpiryInterval(),
                said.getMaximumQoS(),
                said.getAssignedClientIdentifier(),
                said.isRetainAvailable(),
                said.isSharedSubscriptionAvailable(),
                said.isWildcardSubscriptionsAvailable(),
                said.getMaximumPacketSize());
    }

    @Override
    public void subscribe(List<String> filters, int qos, Answer<int[]> answer) throws MqttException {
        MqttSubscription[] subscriptions = filters.stream()
                .map(filter -> {
                    MqttSubscription subscription = new MqttSubscription(filter, qos);
                    // retained messages come with a new subscription, not again with each reconnect
                    subscription.setRetainHandling(1);
                    return subscription;
                })
                .toArray(MqttSubscription[]::new);
        client.subscribe(subscriptions, null, listener(IMqttToken::getReasonCodes, answer), new MqttProperties());
    }

    @Override
    public void unsubscribe(List<String> filters, Answer<int[]> answer) throws MqttException {
        client.unsubscribe(
                filters.toArray(String[]::new),
                null,
                listener(IMqttToken::getReasonCodes, answer),
                new MqttProperties());
    }

    @Override
    public void acknowledge(int packetId) throws MqttException {
        client.acknowledge(packetId);
    }

    @Override
    public void disconnect(Answer<Void> answer) throws MqttException {
        client.disconnect(
                0, null, listener(token -> null, answer), MqttReturnCode.RETURN_CODE_SUCCESS, new MqttProperties());
    }

    @Override
    public void abort() throws MqttException {
        client.disconnectForcibly(0, 1, false);
    }

    private static <T> MqttActionListener listener(Function<IMqttToken, T> value, Answer<T> answer) {
        return new MqttActionListener() {
            @Override
            public void onSuccess(IMqttToken token) {
                answer.succeeded(value.apply(token));
            }

            @Override
            public void onFailure(IMqttToken token, Throwable exception) {
                answer.failed(exception);
            }
        };
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        listener.messageArrived(topic, message);
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
        String reason = response.getException() != null
                ? Reasons.lost(response.getException())
                : "broker disconnected: " + Reasons.code(response.getReturnCode())
                        + (response.getReasonString() == null ? "" : " " + response.getReasonString());
        listener.disconnected(reason.trim());
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
        LOG.debug("MQTT client '{}': error", clientId, exception);
    }

    @Override
    public void deliveryComplete(IMqttToken token) {
        // publishes nothing
    }

    @Override
    public void connectComplete(boolean reconnect, String serverURI) {
        // the answer to connect does it
    }

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {
        LOG.debug("MQTT client '{}': authentication packet {}", clientId, reasonCode);
    }
}
