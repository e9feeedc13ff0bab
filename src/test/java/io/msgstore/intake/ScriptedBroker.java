/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;

/**
 * Just enough MQTT 5 to do what a real broker does only sometimes: it resumes each session with all its messages in
 * the same write as the CONNACK, and notes the order of the acknowledgements.
 */
final class ScriptedBroker implements AutoCloseable {

    final List<Integer> acknowledged = new CopyOnWriteArrayList<>();
    private final ServerSocket server;
    private final int messages;
    private volatile int subscriptionsToIgnore;
    private volatile CountDownLatch connack = new CountDownLatch(0);

    ScriptedBroker(int messages) throws IOException {
        this(messages, 0);
    }

    /** @param subscriptionsToIgnore so many of the first subscriptions get no answer */
    ScriptedBroker(int messages, int subscriptionsToIgnore) throws IOException {
        this.messages = messages;
        this.subscriptionsToIgnore = subscriptionsToIgnore;
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "scripted-broker");
        thread.setDaemon(true);
        thread.start();
    }

    /** Delivers the messages first, and takes the connection when {@link #takeConnection()} says so. */
    ScriptedBroker deliveringEarly() {
        connack = new CountDownLatch(1);
        return this;
    }

    void takeConnection() {
        connack.countDown();
    }

    String url() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                converse(new DataInputStream(socket.getInputStream()), socket.getOutputStream());
            } catch (IOException e) {
                // the client left, or the test is over
            }
        }
    }

    private void converse(DataInputStream in, OutputStream out) throws IOException {
        while (true) {
            int type = in.readUnsignedByte() >> 4;
            byte[] body =
                    in.readNBytes(MqttDataTypes.readVariableByteInteger(in).getValue());
            switch (type) {
                case 1 -> connect(out);
                case 4 -> acknowledged.add((body[0] & 0xFF) << 8 | body[1] & 0xFF);
                case 8 -> {
                    if (subscriptionsToIgnore > 0) {
                        subscriptionsToIgnore--;
                    } else {
                        out.write(new byte[] {(byte) 0x90, 4, body[0], body[1], 0, 1});
                    }
                }
                case 12 -> out.write(new byte[] {(byte) 0xD0, 0});
                default -> {
                    // nothing to say
                }
            }
            out.flush();
        }
    }

    private void connect(OutputStream out) throws IOException {
        byte[] taken = {0x20, 3, 1, 0, 0};
        if (connack.getCount() == 0) {
            out.write(taken);
            out.write(messages());
            return;
        }
        out.write(messages());
        out.flush();
        try {
            connack.await();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
        out.write(taken);
    }

    private byte[] messages() throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (int id = 1; id <= messages; id++) {
            byte[] payload = Integer.toString(id).getBytes(StandardCharsets.UTF_8);
            bytes.write(0x32);
            bytes.write(2 + 1 + 2 + 1 + payload.length);
            bytes.write(new byte[] {0, 1, 't', (byte) (id >> 8), (byte) id, 0});
            bytes.write(payload);
        }
        return bytes.toByteArray();
    }
}
