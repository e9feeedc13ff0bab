/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClientInterface;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttToken;
import org.eclipse.paho.mqttv5.client.internal.NetworkModule;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPubAck;
import org.eclipse.paho.mqttv5.common.packet.MqttReturnCode;

/** Paho's client with a buffered transport, a shorter way for what arrives, and a cheaper acknowledgement. */
final class PahoClient extends MqttAsyncClient {

    private final Pings pings;
    private final AcknowledgementToken token;
    private BufferedTransport transport;
    private volatile MqttCallback callback;

    /** @throws MqttException or IllegalArgumentException if the address is not one that Paho knows */
    PahoClient(String url, String clientId) throws MqttException {
        this(url, clientId, new Pings(clientId));
    }

    private PahoClient(String url, String clientId, Pings pings) throws MqttException {
        super(url, clientId, new MemoryPersistence(), pings, null);
        this.pings = pings;
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

    /** Sends pings as often as the broker wants them, where it has said so. */
    void adoptKeepAlive(MqttProperties answer) {
        if (answer != null && answer.getServerKeepAlive() != null) {
            pings.schedule(TimeUnit.SECONDS.toMillis(answer.getServerKeepAlive()));
        }
    }

    @Override
    protected NetworkModule[] createNetworkModules(String address, MqttConnectionOptions options) throws MqttException {
        NetworkModule[] modules = super.createNetworkModules(address, options);
        transport = new BufferedTransport(modules[0], this::received);
        return new NetworkModule[] {transport};
    }

    @Override
    public void setCallback(MqttCallback callback) {
        this.callback = callback;
        super.setCallback(callback);
    }

    private void received(int first, byte[] body) throws IOException {
        // or it would take a broker that sends nothing but messages for silent
        comms.getClientState().notifyReceivedBytes(body.length);
        try {
            Publish publish = Publish.decode(first, body);
            callback.messageArrived(publish.topic(), publish.message());
        } catch (IOException e) {
            throw e;
        } catch (Exception | Error e) {
            // Paho's receiver ends without a word at anything else
            throw new IOException(e);
        }
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
