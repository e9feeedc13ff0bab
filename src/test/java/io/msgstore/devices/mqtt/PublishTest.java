/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;

import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** PUBLISH packets of which only the beginning was read. */
class PublishTest {
    private static final int QOS_1 = 0x32;
    private static final int DUP = 0x08;
    private static final int PAYLOAD = 1000;

    @Test
    void ofACutMessageIsKeptAllButTheRestOfThePayload() throws Exception {
        byte[] body = body(3);
        Publish publish = Publish.decodeCut(QOS_1 | DUP, Arrays.copyOf(body, body.length - 500), body.length, 100);
        assertThat(publish.topic()).isEqualTo("a/b");
        CutMessage message = (CutMessage) publish.message();
        assertThat(message.payloadBytes()).isEqualTo(PAYLOAD);
        assertThat(message.getPayload()).hasSize(100).containsOnly('x');
        assertThat(message.getId()).isEqualTo(7);
        assertThat(message.getQos()).isEqualTo(1);
        assertThat(message.isDuplicate()).isTrue();
        assertThat(message.getProperties().getUserProperties()).hasSize(3).contains(new UserProperty("k", "v"));
    }

    @Test
    void propertiesThatAreCutOffAreLeftOut() throws Exception {
        byte[] body = body(300);
        Publish publish = Publish.decodeCut(QOS_1, Arrays.copyOf(body, 100), body.length, 100);
        assertThat(publish.topic()).isEqualTo("a/b");
        CutMessage message = (CutMessage) publish.message();
        assertThat(message.payloadBytes()).isEqualTo(PAYLOAD);
        assertThat(message.getPayload()).isEmpty();
        assertThat(message.getId()).isEqualTo(7);
    }

    @Test
    void aBrokenPacketIsBrokenThoughItIsCut() throws Exception {
        byte[] body = body(3);
        assertThatThrownBy(() -> Publish.decodeCut(QOS_1, Arrays.copyOf(body, 7), body.length, 100))
                .isInstanceOf(IOException.class);
        // properties behind the end of the packet
        assertThatThrownBy(() -> Publish.decodeCut(QOS_1, Arrays.copyOf(body, 20), 20, 100))
                .isInstanceOf(IOException.class);
    }

    private static byte[] body(int properties) throws Exception {
        byte[] payload = new byte[PAYLOAD];
        Arrays.fill(payload, (byte) 'x');
        MqttProperties all = new MqttProperties();
        all.setUserProperties(Collections.nCopies(properties, new UserProperty("k", "v")));
        MqttPublish publish = new MqttPublish("a/b", new MqttMessage(payload, 1, false, all), all);
        publish.setMessageId(7);
        byte[] header = publish.getHeader();
        int start = 1;
        while (header[start++] < 0) {
            // the length's further bytes
        }
        byte[] body = Arrays.copyOfRange(header, start, header.length + PAYLOAD);
        System.arraycopy(payload, 0, body, header.length - start, PAYLOAD);
        return body;
    }
}
