/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

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
final class PahoClient extends MqttAsyncClient implements BufferedTransport.Receiver {

    private final Pings pings;
    private final MqttTransport.Room room;
    private final AcknowledgementToken token;
    private BufferedTransport transport;
    private volatile MqttCallback callback;

    /** @throws MqttException or IllegalArgumentException if the address is not one that Paho knows */
    PahoClient(String url, String clientId) throws MqttException {
        this(url, clientId, new MqttTransport.Room() {});
    }

    /** As the other, with room that is taken for each message. */
    PahoClient(String url, String clientId, MqttTransport.Room room) throws MqttException {
        this(url, clientId, new Pings(clientId), room);
    }

    private PahoClient(String url, String clientId, Pings pings, MqttTransport.Room room) throws MqttException {
        super(url, clientId, new MemoryPersistence(), pings, null);
        this.pings = pings;
        this.room = room;
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
        transport = new BufferedTransport(modules[0], this);
        return new NetworkModule[] {transport};
    }

    @Override
    public void setCallback(MqttCallback callback) {
        this.callback = callback;
        super.setCallback(callback);
    }

    @Override
    public int admit(int length) {
        return room.admit(length);
    }

    @Override
    public void over() {
        room.over();
    }

    @Override
    public void received(int first, byte[] body, int length) throws IOException {
        // or it would take a broker that sends nothing but messages for silent
        comms.getClientState().notifyReceivedBytes(length);
        try {
            Publish publish = body.length == length
                    ? Publish.decode(first, body)
                    : Publish.decodeCut(first, body, length, CutMessage.KEPT_BYTES);
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
