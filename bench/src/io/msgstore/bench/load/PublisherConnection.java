/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench.load;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One connection of a {@link LoadPublisher}: a thread that writes, and one that reads acknowledgements. It needs no library,
 * so that {@link LoadMain} runs from the test classes alone.
 */
final class PublisherConnection {
    private static final int CONNACK = 2;
    private static final int PUBACK = 4;
    private static final int PUBREC = 5;
    private static final int PUBCOMP = 7;
    private static final int NONE = -1;
    private static final int CONNECT_LIMIT_MS = 2000;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int BUFFER_BYTES = 1 << 16;

    private final LoadPublisher load;
    private final URI broker;
    private final int number;
    private final int step;
    private final int messages;
    private final int qos;
    private final int window;
    private final double nanosPerMessage;
    private final long[] sentNanos;
    private final BlockingQueue<Integer> freeIds;
    /** By packet identifier: the message that waits for its acknowledgement. */
    private final AtomicIntegerArray unacknowledged;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private volatile boolean stopped;
    private volatile boolean finishing;
    private volatile int next;
    private long startedAt;

    PublisherConnection(
            LoadPublisher load,
            URI broker,
            int number,
            int step,
            int messages,
            int qos,
            int window,
            int rate,
            long[] sentNanos) {
        this.sentNanos = sentNanos;
        this.load = load;
        this.broker = broker;
        this.number = number;
        this.step = step;
        this.messages = messages;
        this.qos = qos;
        this.window = window;
        this.nanosPerMessage = rate == 0 ? 0 : 1e9 / rate;
        this.next = number;
        this.freeIds = new ArrayBlockingQueue<>(window);
        this.unacknowledged = new AtomicIntegerArray(window + 1);
        for (int id = 1; id <= window; id++) {
            unacknowledged.set(id, NONE);
            freeIds.add(id);
        }
    }

    CompletableFuture<Void> start() {
        Thread writer = new Thread(this::run, "load-" + number);
        writer.setDaemon(true);
        startedAt = System.nanoTime();
        writer.start();
        return done;
    }

    void stop() {
        stopped = true;
    }

    void finish() {
        finishing = true;
    }

    int published() {
        return (next - number) / step;
    }

    long acknowledged() {
        return acknowledged.get();
    }

    long sent() {
        return sent.get();
    }

    private void run() {
        try {
            while (!stopped && !finished()) {
                try (Socket socket = new Socket()) {
                    socket.setTcpNoDelay(true);
                    socket.connect(new InetSocketAddress(broker.getHost(), broker.getPort()), CONNECT_LIMIT_MS);
                    publish(socket);
                } catch (IOException e) {
                    LockSupport.parkNanos(RETRY_NANOS);
                }
            }
            done.complete(null);
        } catch (RuntimeException | InterruptedException e) {
            done.completeExceptionally(e);
        }
    }

    private boolean finished() {
        return (finishing || next >= messages) && freeIds.size() == window;
    }

    private void publish(Socket socket) throws IOException, InterruptedException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES));
        connect(in, out);
        Thread reader = new Thread(() -> readAcknowledgements(socket, in, out), "load-" + number + "-acks");
        reader.setDaemon(true);
        reader.start();
        try {
            publishAll(socket, out);
            // The broker closes in its turn, when it has read all.
            reader.join(CONNECT_LIMIT_MS);
        } finally {
            // An acknowledgement read later would be taken for that of the message that has the identifier by then.
            socket.close();
            reader.join();
        }
    }

    private void publishAll(Socket socket, DataOutputStream out) throws IOException, InterruptedException {
        for (int id = 1; id <= window; id++) {
            int message = unacknowledged.get(id);
            if (message != NONE) {
                write(out, message, id, true);
            }
        }
        while (next < messages && !stopped && !finishing) {
            awaitTurn(out);
            int id = qos == 0 ? 0 : takeId(out, socket);
            if (qos > 0) {
                unacknowledged.set(id, next);
            }
            int message = next;
            // Counted before it is written: what a broken connection interrupts is still among the unacknowledged.
            next = message + step;
            if (sentNanos != null) {
                sentNanos[message] =
                        nanosPerMessage > 0 ? startedAt + (long) (message * nanosPerMessage) : System.nanoTime();
            }
            write(out, message, id, false);
            if (qos == 0) {
                acknowledged.incrementAndGet();
            }
        }
        out.flush();
        while (!finished() && !stopped) {
            if (socket.isClosed()) {
                throw new IOException("connection lost");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        out.write(new byte[] {(byte) 0xE0, 0});
        out.flush();
    }

    private void connect(DataInputStream in, DataOutputStream out) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeUTF("MQTT");
        body.writeByte(4);
        body.writeByte(2);
        body.writeShort(0);
        body.writeUTF(load.terminal(0) + "-publisher-" + number);
        out.writeByte(0x10);
        writeLength(out, bytes.size());
        bytes.writeTo(out);
        out.flush();
        int type = in.readUnsignedByte() >> 4;
        byte[] answer = in.readNBytes(readLength(in));
        if (type != CONNACK || answer.length < 2 || answer[1] != 0) {
            throw new IOException("connection refused");
        }
    }

    private void awaitTurn(DataOutputStream out) throws IOException {
        long wait = startedAt + (long) (next * nanosPerMessage) - System.nanoTime();
        if (nanosPerMessage > 0 && wait > 0) {
            out.flush();
            while (wait > 0 && !stopped) {
                LockSupport.parkNanos(wait);
                wait = startedAt + (long) (next * nanosPerMessage) - System.nanoTime();
            }
        }
    }

    private int takeId(DataOutputStream out, Socket socket) throws IOException, InterruptedException {
        Integer id = freeIds.poll();
        if (id == null) {
            out.flush();
        }
        while (id == null) {
            id = freeIds.poll(10, TimeUnit.MILLISECONDS);
            if (id == null && (socket.isClosed() || stopped)) {
                throw new IOException("connection lost");
            }
        }
        return id;
    }

    private void write(DataOutputStream out, int message, int id, boolean again) throws IOException {
        byte[] topic = load.topic(message).getBytes(StandardCharsets.UTF_8);
        byte[] payload = load.payload(message).getBytes(StandardCharsets.UTF_8);
        // at QoS 2 the reader writes too
        synchronized (out) {
            writePublish(out, topic, payload, id, again);
        }
        sent.incrementAndGet();
    }

    private void writePublish(DataOutputStream out, byte[] topic, byte[] payload, int id, boolean again)
            throws IOException {
        out.writeByte(0x30 | (qos << 1) | (again ? 8 : 0));
        writeLength(out, 2 + topic.length + (qos == 0 ? 0 : 2) + payload.length);
        out.writeShort(topic.length);
        out.write(topic);
        if (qos > 0) {
            out.writeShort(id);
        }
        out.write(payload);
    }

    private void readAcknowledgements(Socket socket, DataInputStream in, DataOutputStream out) {
        try (socket) {
            while (true) {
                int type = in.readUnsignedByte() >> 4;
                int length = readLength(in);
                if (type == PUBREC) {
                    int id = in.readUnsignedShort();
                    in.skipNBytes(length - 2L);
                    release(out, id);
                } else if (type == PUBACK || type == PUBCOMP) {
                    int id = in.readUnsignedShort();
                    in.skipNBytes(length - 2L);
                    if (unacknowledged.getAndSet(id, NONE) != NONE) {
                        acknowledged.incrementAndGet();
                        freeIds.add(id);
                    }
                } else {
                    in.skipNBytes(length);
                }
            }
        } catch (IOException e) {
            // the end of the connection, wanted or not: the writer sees that the socket is closed
        }
    }

    private static void release(DataOutputStream out, int id) throws IOException {
        synchronized (out) {
            out.writeByte(0x62);
            out.writeByte(2);
            out.writeShort(id);
            out.flush();
        }
    }

    private static void writeLength(DataOutputStream out, int length) throws IOException {
        int rest = length;
        do {
            int digit = rest & 0x7F;
            rest >>= 7;
            out.writeByte(rest > 0 ? digit | 0x80 : digit);
        } while (rest > 0);
    }

    private static int readLength(DataInputStream in) throws IOException {
        int length = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            length |= (digit & 0x7F) << shift;
            shift += 7;
        } while ((digit & 0x80) != 0);
        return length;
    }
}
