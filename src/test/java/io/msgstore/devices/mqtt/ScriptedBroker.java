/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;

/**
 * Just enough MQTT 5 to do what a real broker does only sometimes: it resumes each session with all its messages in
 * the same write as the CONNACK, notes the order of the acknowledgements, and grants what it is told to.
 */
final class ScriptedBroker implements AutoCloseable {

    final List<Integer> acknowledged = new CopyOnWriteArrayList<>();
    /** Of each SUBSCRIBE packet, the filters. */
    final List<List<String>> subscriptions = new CopyOnWriteArrayList<>();

    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger pings = new AtomicInteger();
    /** For each DISCONNECT, how many PUBACKs and UNSUBSCRIBEs came before it. */
    final List<String> disconnects = new CopyOnWriteArrayList<>();

    private final ServerSocket server;
    private final int messages;
    private volatile int subscriptionsToIgnore;
    private volatile CountDownLatch connack = new CountDownLatch(0);
    private volatile byte[] properties = {};
    private volatile int grantedQos = 1;
    private volatile int largestPacket = Integer.MAX_VALUE;
    private volatile byte[] answer;
    private volatile boolean answersUnsubscribe = true;
    private final AtomicInteger unsubscribed = new AtomicInteger();
    private final List<Socket> open = new CopyOnWriteArrayList<>();

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

    /** Says this in its CONNACK: identifiers and values as MQTT writes them. */
    ScriptedBroker saying(int... bytes) {
        properties = bytes(bytes);
        return this;
    }

    /** Grants no more than this QoS to a subscription. */
    ScriptedBroker granting(int qos) {
        grantedQos = qos;
        return this;
    }

    /** Leaves UNSUBSCRIBE packets without an answer. */
    ScriptedBroker ignoringUnsubscribe() {
        answersUnsubscribe = false;
        return this;
    }

    /** Ends the connection of whoever sends a larger packet. */
    ScriptedBroker takingPacketsUpTo(int bytes) {
        largestPacket = bytes;
        return this;
    }

    /** Answers a CONNECT with these bytes, if any, and closes the connection. */
    ScriptedBroker answering(int... bytes) {
        answer = bytes(bytes);
        return this;
    }

    /** Ends every connection, with these bytes before, if any. */
    void end(int... bytes) throws IOException {
        for (Socket socket : open) {
            socket.getOutputStream().write(bytes(bytes));
            socket.close();
        }
    }

    private static byte[] bytes(int... bytes) {
        byte[] result = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            result[i] = (byte) bytes[i];
        }
        return result;
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
            try {
                Socket socket = server.accept();
                Thread thread = new Thread(() -> serve(socket), "scripted-broker");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                // the test is over
            }
        }
    }

    private void serve(Socket socket) {
        open.add(socket);
        try (socket) {
            converse(new DataInputStream(socket.getInputStream()), socket.getOutputStream());
        } catch (IOException e) {
            // the client left, or the test is over
        } finally {
            open.remove(socket);
        }
    }

    private void converse(DataInputStream in, OutputStream out) throws IOException {
        while (true) {
            int type = in.readUnsignedByte() >> 4;
            byte[] body =
                    in.readNBytes(MqttDataTypes.readVariableByteInteger(in).getValue());
            if (2 + body.length > largestPacket) {
                return;
            }
            switch (type) {
                case 1 -> {
                    connections.incrementAndGet();
                    if (answer != null) {
                        out.write(answer);
                        return;
                    }
                    connect(out);
                }
                case 4 -> acknowledged.add((body[0] & 0xFF) << 8 | body[1] & 0xFF);
                case 8 -> {
                    if (subscriptionsToIgnore > 0) {
                        subscriptionsToIgnore--;
                    } else {
                        subscribe(body, out);
                    }
                }
                case 10 -> {
                    unsubscribed.incrementAndGet();
                    if (answersUnsubscribe) {
                        // there was no such subscription
                        out.write(new byte[] {(byte) 0xB0, 4, body[0], body[1], 0, 0x11});
                    }
                }
                case 12 -> {
                    pings.incrementAndGet();
                    out.write(new byte[] {(byte) 0xD0, 0});
                }
                case 14 ->
                    disconnects.add("after %d acknowledgements and %d UNSUBSCRIBE"
                            .formatted(acknowledged.size(), unsubscribed.get()));
                default -> {
                    // nothing to say
                }
            }
            out.flush();
        }
    }

    private void subscribe(byte[] body, OutputStream out) throws IOException {
        List<String> filters = new ArrayList<>();
        var codes = new ByteArrayOutputStream();
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body, 2, body.length - 2));
        in.skipBytes(MqttDataTypes.readVariableByteInteger(in).getValue());
        while (in.available() > 0) {
            filters.add(in.readUTF());
            codes.write(Math.min(grantedQos, in.readUnsignedByte() & 3));
        }
        subscriptions.add(filters);
        out.write(new byte[] {(byte) 0x90, (byte) (3 + codes.size()), body[0], body[1], 0});
        codes.writeTo(out);
    }

    private void connect(OutputStream out) throws IOException {
        var connack = new ByteArrayOutputStream();
        connack.writeBytes(new byte[] {0x20, (byte) (3 + properties.length), 1, 0, (byte) properties.length});
        connack.writeBytes(properties);
        byte[] taken = connack.toByteArray();
        if (this.connack.getCount() == 0) {
            out.write(taken);
            out.write(messages());
            return;
        }
        out.write(messages());
        out.flush();
        try {
            this.connack.await();
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
