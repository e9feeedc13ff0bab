/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;

import io.msgstore.support.Limits;

/** Publishes what a client library would refuse to: MQTT 5, QoS 1, over a plain socket, checking nothing. */
final class FuzzPublisher implements AutoCloseable {
    private static final int ANSWER_LIMIT_MS = Limits.SECONDS * 1000;
    private static final int WINDOW = 500;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private int sent;
    private int unacknowledged;

    /** Connects. */
    FuzzPublisher(String url) throws IOException {
        URI broker = URI.create(url);
        socket = new Socket(broker.getHost(), broker.getPort());
        socket.setSoTimeout(ANSWER_LIMIT_MS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
        ByteArrayOutputStream connect = new ByteArrayOutputStream();
        connect.writeBytes(new byte[] {0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 0, 0});
        string(connect, "fuzz-publisher");
        packet(0x10, connect);
        out.flush();
        expect(2);
    }

    /**
     * Sends a message; returns when the broker has taken all but the last few hundred.
     *
     * @param userProperties names and values in turn
     */
    void publish(String topic, byte[] payload, List<String> userProperties) throws IOException {
        ByteArrayOutputStream properties = new ByteArrayOutputStream();
        for (int i = 0; i + 1 < userProperties.size(); i += 2) {
            properties.write(0x26);
            string(properties, userProperties.get(i));
            string(properties, userProperties.get(i + 1));
        }
        ByteArrayOutputStream publish = new ByteArrayOutputStream();
        string(publish, topic);
        int id = sent++ % WINDOW + 1;
        publish.write(id >> 8);
        publish.write(id);
        publish.writeBytes(MqttDataTypes.encodeVariableByteInteger(properties.size()));
        properties.writeTo(publish);
        publish.writeBytes(payload);
        packet(0x32, publish);
        unacknowledged++;
        if (unacknowledged == WINDOW) {
            awaitAll();
        }
    }

    /** Waits until the broker has all. */
    void awaitAll() throws IOException {
        out.flush();
        for (; unacknowledged > 0; unacknowledged--) {
            expect(4);
        }
    }

    private void expect(int type) throws IOException {
        int first = in.readUnsignedByte();
        in.skipNBytes(MqttDataTypes.readVariableByteInteger(in).getValue());
        if (first >> 4 != type) {
            throw new IOException("packet " + (first >> 4) + " in place of " + type + " after " + sent + " messages");
        }
    }

    private void packet(int first, ByteArrayOutputStream body) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.write(first);
        header.writeBytes(MqttDataTypes.encodeVariableByteInteger(body.size()));
        header.writeTo(out);
        body.writeTo(out);
    }

    private static void string(ByteArrayOutputStream bytes, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        bytes.write(utf8.length >> 8);
        bytes.write(utf8.length);
        bytes.writeBytes(utf8);
    }

    /** Waits until the broker has all, and leaves. */
    @Override
    public void close() throws IOException {
        try (socket) {
            awaitAll();
            out.write(new byte[] {(byte) 0xE0, 0});
            out.flush();
        }
    }
}
