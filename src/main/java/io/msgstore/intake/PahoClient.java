/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttClientInterface;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttToken;
import org.eclipse.paho.mqttv5.client.internal.NetworkModule;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPubAck;
import org.eclipse.paho.mqttv5.common.packet.MqttReturnCode;

/** Paho's client with a buffered transport and a cheaper acknowledgement. */
final class PahoClient extends MqttAsyncClient {

    private final AcknowledgementToken token;
    private BufferedTransport transport;

    /** @throws MqttException or IllegalArgumentException if the address is not one that Paho knows */
    PahoClient(String url, String clientId) throws MqttException {
        super(url, clientId, new MemoryPersistence());
        token = new AcknowledgementToken(clientId);
        setManualAcks(true);
    }

    /**
     * Queues the PUBACK of a QoS 1 message; does not wait for the network. Not {@code messageArrivedComplete}, because
     * that makes a token with its own logger for each message, which nobody reads.
     *
     * @throws MqttException if the client is not connected
     */
    void acknowledge(int packetId) throws MqttException {
        transport.acknowledgementQueued();
        comms.sendNoWait(new MqttPubAck(MqttReturnCode.RETURN_CODE_SUCCESS, packetId, new MqttProperties()), token);
    }

    @Override
    protected NetworkModule[] createNetworkModules(String address, MqttConnectionOptions options) throws MqttException {
        NetworkModule[] modules = super.createNetworkModules(address, options);
        transport = new BufferedTransport(modules[0]);
        return new NetworkModule[] {transport};
    }

    /** A token for all acknowledgements: it never says that it is in use. */
    private static final class AcknowledgementToken extends MqttToken {
        AcknowledgementToken(String clientId) {
            super(clientId);
        }

        @Override
        public MqttClientInterface getClient() {
            return null;
        }
    }
}
