/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;
import org.junit.jupiter.api.Test;

import io.msgstore.fuzz.Dice;
import io.msgstore.fuzz.Fuzz;

import static org.assertj.core.api.Assertions.assertThat;

/** PUBLISH packets of a broker that lets every text pass: 20,000 cases, 1 s. */
class PublishTextTest {
    private static final byte[] PAYLOAD = "\u0000\u0001\n\u007f\u0085\ufdd0\uffff".getBytes(StandardCharsets.UTF_8);

    @Test
    void pahoReadsEveryPacketAndTheRestOfItIsAsItCame() {
        Fuzz.run("packets", 20_000, PublishTextTest::packet, one -> {
            byte[] sent = one.bytes();
            byte[] body = throughTheTransport(sent);
            // throws at a text that it refuses
            MqttPublish publish = new MqttPublish((byte) (sent[0] & 0x0F), body);
            assertThat(publish.getPayload()).isEqualTo(PAYLOAD);
            Publish read = Publish.decode(sent[0], body);
            assertReadsTheSame(publish, read);
            // Paho keeps the flag to itself
            assertThat(read.message().isDuplicate()).isEqualTo((sent[0] & 8) != 0);
            int[] topic = topic(Arrays.copyOfRange(sent, sent.length - body.length, sent.length));
            int[] readTopic = publish.getTopicName().codePoints().toArray();
            assertThat(readTopic).hasSameSizeAs(topic);
            for (int i = 0; i < topic.length; i++) {
                assertThat(readTopic[i] == topic[i]).isEqualTo(isAllowed(topic[i]));
            }
        });
    }

    private static void assertReadsTheSame(MqttPublish expected, Publish read) {
        assertThat(read.topic()).isEqualTo(expected.getTopicName());
        assertThat(read.message().getPayload()).isEqualTo(expected.getPayload());
        assertThat(read.message().getQos()).isEqualTo(expected.getMessage().getQos());
        assertThat(read.message().isRetained()).isEqualTo(expected.getMessage().isRetained());
        assertThat(read.message().getId()).isEqualTo(expected.getMessageId());
        boolean hasProperties = read.message().getProperties() != null;
        assertThat(hasProperties ? read.message().getProperties().getUserProperties() : List.of())
                .isEqualTo(expected.getProperties().getUserProperties());
    }

    private static boolean isAllowed(int c) {
        return !Character.isISOControl(c) && !(c >= 0xFDD0 && c <= 0xFDEF) && (c & 0xFFFE) != 0xFFFE;
    }

    private static int[] topic(byte[] body) {
        return new String(body, 2, (body[0] & 0xFF) << 8 | body[1] & 0xFF, StandardCharsets.UTF_8)
                .codePoints()
                .toArray();
    }

    // those of QoS 2 as Paho reads: the header by single bytes, the body in pieces
    private static byte[] throughTheTransport(byte[] packet) throws Exception {
        List<byte[]> received = new ArrayList<>();
        DataInputStream in = new DataInputStream(new BufferedTransport.PacketInput(
                new ByteArrayInputStream(packet), (first, body, length) -> received.add(body), new CountDownLatch(0)));
        assertThat(in.available()).isPositive();
        int first = in.read();
        if (first < 0) {
            return received.get(0);
        }
        int length = MqttDataTypes.readVariableByteInteger(in).getValue();
        byte[] body = new byte[length];
        for (int at = 0; at < length; at += in.read(body, at, Math.min(7, length - at))) {
            in.available();
        }
        return body;
    }

    private static String packet(Dice dice) {
        ByteArrayOutputStream properties = new ByteArrayOutputStream();
        for (int identifier : new int[] {0x26, 0x09, 0x26, 0x0B, 0x26}) {
            if (dice.oneIn(3)) {
                property(dice, identifier, properties);
            }
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, dice.text(dice.oneIn(20) ? 300 : 20));
        int qos = dice.below(3);
        if (qos > 0) {
            body.writeBytes(new byte[] {1, 2});
        }
        body.writeBytes(MqttDataTypes.encodeVariableByteInteger(properties.size()));
        body.writeBytes(properties.toByteArray());
        body.writeBytes(PAYLOAD);
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(0x30 | qos << 1 | (dice.oneIn(4) ? 1 : 0) | (qos > 0 && dice.oneIn(4) ? 8 : 0));
        packet.writeBytes(MqttDataTypes.encodeVariableByteInteger(body.size()));
        packet.writeBytes(body.toByteArray());
        return packet.toString(StandardCharsets.ISO_8859_1);
    }

    private static void property(Dice dice, int identifier, ByteArrayOutputStream out) {
        out.write(identifier);
        switch (identifier) {
            case 0x0B -> out.writeBytes(MqttDataTypes.encodeVariableByteInteger(dice.between(1, 300)));
            case 0x09 -> {
                String bytes = dice.bytes(20);
                out.write(0);
                out.write(bytes.length());
                out.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
            }
            default -> {
                text(out, dice.text(dice.oneIn(20) ? 300 : 10));
                text(out, dice.text(20));
            }
        }
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write(utf8.length >> 8);
        out.write(utf8.length);
        out.writeBytes(utf8);
    }
}
