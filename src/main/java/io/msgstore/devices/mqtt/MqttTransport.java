/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;

import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;

/**
 * An MQTT 5 client library, as far as a connection needs it: one attempt to connect to one address, and the connection that
 * comes of it. It neither reconnects nor subscribes by itself, and acknowledges nothing by itself.
 *
 * <p>No method waits for the network. Answers come later, on any thread, once for each call that did not throw. Messages and
 * exceptions are those of Paho's package {@code common}, which holds no client: another library's are turned into them.
 */
interface MqttTransport {

    /**
     * Connects, and asks for the session of the client id.
     *
     * @param receiveMaximum most messages that the broker may leave unacknowledged, 1 to 65,535
     */
    void connect(int receiveMaximum, Answer<Connack> answer) throws MqttException;

    /**
     * Subscribes to the filters with one packet. Retained messages come with a new subscription only.
     *
     * @param answer gets a reason code of MQTT 5 for each filter, in the same order; null or too few where the broker's answer
     *     has none
     */
    void subscribe(List<String> filters, int qos, Answer<int[]> answer) throws MqttException;

    /**
     * Unsubscribes from the filters with one packet.
     *
     * @param answer gets reason codes of MQTT 5; null where the broker's answer has none
     */
    void unsubscribe(List<String> filters, Answer<int[]> answer) throws MqttException;

    /**
     * Queues the PUBACK of a QoS 1 message; PUBACKs are sent in the order of the calls.
     *
     * @throws MqttException if there is no connection
     */
    void acknowledge(int packetId) throws MqttException;

    /** Sends a DISCONNECT, behind what was acknowledged before. The broker keeps the session. */
    void disconnect(Answer<Void> answer) throws MqttException;

    /** Closes the socket and ends the library's threads, whatever they are doing. */
    void abort() throws MqttException;

    /** What becomes of one call. */
    interface Answer<T> {
        void succeeded(T value);

        void failed(Throwable cause);
    }

    /** What a connection brings unasked. */
    interface Listener {
        /** A message of QoS 0 or 1, on the thread that reads the network; nothing is read until it returns. */
        void messageArrived(String topic, MqttMessage message);

        /**
         * The connection is gone. It may be that of a {@link #disconnect}, too, before or in place of its answer. On any thread.
         *
         * @param reason why, for people
         */
        void disconnected(String reason);
    }

    /** Room for messages, taken before they are read, on the thread that reads the network. */
    interface Room {
        /**
         * Waits for room.
         *
         * @param bytes of a packet
         * @return how many bytes of it to keep; all by default
         */
        default int admit(int bytes) {
            return bytes;
        }

        /** What was admitted last was handed over, or is gone. */
        default void over() {
            // nothing was taken for it
        }
    }

    /** Makes a transport for each attempt to connect. */
    interface Factory {
        /**
         * Makes a transport that is not connected yet and has its listener already. A broker that resumes a session delivers along
         * with its CONNACK: a listener that is set after connecting misses those messages, and they stay unacknowledged until
         * the next connection.
         *
         * @throws MqttException or IllegalArgumentException if the address is not one that the library knows
         */
        MqttTransport create(String address, String clientId, Room room, Listener listener) throws MqttException;
    }
}
