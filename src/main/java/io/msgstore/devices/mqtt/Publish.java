/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;

/**
 * A PUBLISH packet of MQTT 5.
 *
 * @param message its properties are null when it has none
 */
record Publish(String topic, MqttMessage message) {
    private static final int RETAIN = 1;
    private static final int DUP = 8;

    /**
     * Decodes a packet. One with properties is left to Paho, which takes several times as long.
     *
     * @param first first byte of the packet, with QoS and flags
     * @param body what follows the packet's length
     * @throws IOException if it is no PUBLISH packet
     */
    static Publish decode(int first, byte[] body) throws IOException {
        int qos = first >> 1 & 3;
        int topicEnd = 2 + number(body, 0);
        int properties = topicEnd + (qos > 0 ? 2 : 0);
        if (body.length <= properties) {
            throw new IOException("broken PUBLISH packet");
        }
        MqttMessage message = body[properties] != 0
                ? ofPaho(first, body)
                : new MqttMessage(
                        Arrays.copyOfRange(body, properties + 1, body.length), qos, (first & RETAIN) != 0, null);
        // which Paho loses on the way to its callback
        message.setDuplicate((first & DUP) != 0);
        if (qos > 0) {
            message.setId(number(body, topicEnd));
        }
        return new Publish(new String(body, 2, topicEnd - 2, StandardCharsets.UTF_8), message);
    }

    /**
     * Decodes the beginning of a packet that is too large to be held. Properties that don't end within it are left out.
     *
     * @param first first byte of the packet
     * @param beginning what follows the packet's length, cut off
     * @param length of all that follows it
     * @param most bytes of the payload to keep
     * @throws IOException if it is no PUBLISH packet
     */
    static Publish decodeCut(int first, byte[] beginning, int length, int most) throws IOException {
        int properties = 2 + number(beginning, 0) + ((first >> 1 & 3) > 0 ? 2 : 0);
        int payload = properties;
        int shift = 0;
        int propertyBytes = 0;
        int digit;
        do {
            if (payload >= beginning.length || shift > 21) {
                throw new IOException("broken PUBLISH packet");
            }
            digit = beginning[payload++] & 0xFF;
            propertyBytes |= (digit & 0x7F) << shift;
            shift += 7;
        } while (digit > 0x7F);
        payload += propertyBytes;
        if (payload > length) {
            throw new IOException("broken PUBLISH packet");
        }
        byte[] kept;
        if (payload > beginning.length) {
            // a length of 0 behind the packet's identifier: no properties
            kept = Arrays.copyOf(Arrays.copyOf(beginning, properties), properties + 1);
        } else {
            kept = Arrays.copyOf(beginning, Math.min(beginning.length, payload + most));
        }
        Publish publish = decode(first, kept);
        return new Publish(publish.topic, new CutMessage(publish.message, length - payload));
    }

    private static int number(byte[] body, int at) throws IOException {
        if (body.length < at + 2) {
            throw new IOException("broken PUBLISH packet");
        }
        return (body[at] & 0xFF) << 8 | body[at + 1] & 0xFF;
    }

    private static MqttMessage ofPaho(int first, byte[] body) throws IOException {
        try {
            return new MqttPublish((byte) (first & 0x0F), body).getMessage();
        } catch (MqttException e) {
            throw new IOException("broken PUBLISH packet", e);
        }
    }
}
