/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.eclipse.paho.mqttv5.client.internal.NetworkModule;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;

import io.msgstore.platform.vitals.Vitals;

/**
 * A buffer between Paho and any of its transports (TCP, TLS, WebSocket), which takes the messages out.
 *
 * <p>Paho 5 reads the socket byte by byte, copies each PUBLISH byte by byte twice, hands it to another thread, and writes
 * each acknowledgement in a system call of its own. Here a read takes what has arrived, PUBLISH packets go to the receiver on
 * the thread that read them without Paho's ever seeing them, and acknowledgements that wait behind one another leave together.
 * See docs/decisions/0003-mqtt-consumer.md.
 */
final class BufferedTransport implements NetworkModule {

    private static final int BUFFER_BYTES = 32 * 1024;

    /** Takes the PUBLISH packets of QoS 0 and 1. While it waits for room nothing is read, and the network holds the broker up. */
    interface Receiver extends MqttTransport.Room {
        /**
         * @param first first byte of the packet, with QoS and flags
         * @param body what follows the packet's length, as much of it as is to be kept
         * @param length of all that follows it
         * @throws IOException if the packet is none, or the connection is to end for another reason
         */
        void received(int first, byte[] body, int length) throws IOException;
    }

    private final NetworkModule transport;
    private final Receiver receiver;
    private final AtomicInteger queued = new AtomicInteger();
    private final CountDownLatch begun = new CountDownLatch(1);

    BufferedTransport(NetworkModule transport, Receiver receiver) {
        this.transport = transport;
        this.receiver = receiver;
    }

    /** Says that a PUBACK is about to be queued; before it is, so that the count is never too low. */
    void acknowledgementQueued() {
        queued.incrementAndGet();
    }

    @Override
    public void start() throws IOException, MqttException {
        transport.start();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new PacketInput(transport.getInputStream(), receiver, begun);
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new PacketOutput(transport.getOutputStream(), queued, begun);
    }

    @Override
    public void stop() throws IOException {
        begun.countDown();
        transport.stop();
    }

    @Override
    public String getServerURI() {
        return transport.getServerURI();
    }

    /**
     * Paho's sockets time out each second, and Paho resumes a packet whose body was cut by that, but not one whose
     * header was: it would take the rest of the header for a new packet. Paho calls available() before each packet and
     * reads headers by single bytes, so only the first single byte after available() may time out.
     *
     * <p>Nothing is read before something was written, and by MQTT nothing can arrive: Paho waits for its receiver to be
     * running, for ever where the receiver has ended already, as it has when the network takes a connection and closes it
     * at once (a load balancer without a broker behind it). Each such attempt would leave a thread.
     */
    static final class PacketInput extends BufferedInputStream {
        // in seconds, as long as Paho's socket timeout is 1 s; a peer that is silent for longer is lost
        private static final int PATIENCE = 30;
        private static final int PUBLISH = 3;
        private static final int QOS_2 = 2;
        private static final int CONNACK = 0x20;
        private static final int AUTH = 0xF0;
        private static final int TLS_ALERT = 0x15;
        private static final int TLS_HANDSHAKE = 0x16;
        private static final int CONNACK_3_LENGTH = 2;
        private static final int UNACCEPTABLE_VERSION = 1;
        /** Of an answer that is none, so many characters. */
        private static final int SHOWN = 60;

        private final Receiver receiver;
        private final PublishText text = new PublishText();
        private final CountDownLatch begun;
        private boolean betweenPackets = true;
        private boolean answered;
        private boolean connackLengthNext;
        // of a packet that Paho reads, what was read here
        private byte[] pushed = {};
        private int pushedRead;

        PacketInput(InputStream in, Receiver receiver, CountDownLatch begun) {
            super(in, BUFFER_BYTES);
            this.receiver = receiver;
            this.begun = begun;
        }

        @Override
        public int available() throws IOException {
            betweenPackets = true;
            return begun.getCount() > 0 ? 0 : pushed.length - pushedRead + super.available();
        }

        // Paho's receiver ends without a word at anything but an IOException, and nobody would look after the
        // connection
        @Override
        public int read() throws IOException {
            try {
                return readByte();
            } catch (RuntimeException | Error e) {
                Vitals.look(e);
                throw new IOException(e);
            }
        }

        private int readByte() throws IOException {
            if (!betweenPackets) {
                int next = readOn();
                if (connackLengthNext) {
                    connackLengthNext = false;
                    checkVersion(next);
                }
                return next;
            }
            awaitBegin();
            int first = super.read();
            if (!answered && first >= 0) {
                answered = true;
                checkAnswer(first);
            }
            while (first >> 4 == PUBLISH && (first >> 1 & 3) != QOS_2) {
                receivePublish(first);
                first = super.read();
            }
            if (first >> 4 == PUBLISH) {
                pushPublish(first);
            }
            betweenPackets = false;
            return first;
        }

        // Paho takes any byte for the begin of a packet, and waits for the rest of it
        private void checkAnswer(int first) throws IOException {
            connackLengthNext = first == CONNACK;
            boolean expected = first == CONNACK || first == AUTH || first >> 4 == PUBLISH;
            if (first == TLS_ALERT || first == TLS_HANDSHAKE) {
                throw new Reasons.PeerFault("it wants TLS: is ssl:// or wss:// meant?");
            }
            if (!expected) {
                int length = Math.min(super.count - super.pos, SHOWN);
                String more = new String(super.buf, super.pos, length, StandardCharsets.ISO_8859_1);
                String line = ((char) first + more).split("[\\r\\n\\x00]", 2)[0].replaceAll("[^ -~]", "?");
                throw new Reasons.PeerFault(
                        "it is no MQTT broker" + (line.isBlank() ? "" : ": it answers \"" + line + "\""));
            }
        }

        // a CONNACK of MQTT 5 has properties, if only to say that there are none
        private void checkVersion(int length) throws IOException {
            if (length == CONNACK_3_LENGTH) {
                readOn();
                int code = readOn();
                throw new Reasons.PeerFault("it speaks MQTT 3.1.1, and msgstore needs MQTT 5"
                        + (code == UNACCEPTABLE_VERSION ? "" : " (return code " + code + ")"));
            }
        }

        private int readLength() throws IOException {
            int length = 0;
            int shift = 0;
            int digit;
            do {
                digit = readOn();
                if (digit < 0 || shift > 21) {
                    throw new IOException("broken packet");
                }
                length |= (digit & 0x7F) << shift;
                shift += 7;
            } while (digit > 0x7F);
            return length;
        }

        private void receivePublish(int first) throws IOException {
            int length = readLength();
            try {
                byte[] body = new byte[receiver.admit(length)];
                readFully(body, body.length);
                byte[] rest = body.length == length ? body : new byte[Math.min(BUFFER_BYTES, length - body.length)];
                for (int left = length - body.length; left > 0; left -= rest.length) {
                    readFully(rest, Math.min(rest.length, left));
                }
                text.replace(first, body);
                receiver.received(first, body, length);
            } finally {
                receiver.over();
            }
        }

        // of QoS 2, which is not subscribed to
        private void pushPublish(int first) throws IOException {
            byte[] body = new byte[readLength()];
            readFully(body, body.length);
            text.replace(first, body);
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            packet.writeBytes(MqttDataTypes.encodeVariableByteInteger(body.length));
            packet.writeBytes(body);
            pushed = packet.toByteArray();
            pushedRead = 0;
        }

        private void readFully(byte[] bytes, int length) throws IOException {
            for (int at = 0; at < length; ) {
                int next = readOn();
                if (next < 0) {
                    throw new EOFException();
                }
                bytes[at++] = (byte) next;
                // what is in the buffer, at once
                int there = Math.min(super.count - super.pos, length - at);
                if (there > 0) {
                    at += super.read(bytes, at, there);
                }
            }
        }

        // in the middle of a packet
        private int readOn() throws IOException {
            if (pushedRead < pushed.length) {
                return pushed[pushedRead++] & 0xFF;
            }
            for (int patience = PATIENCE; ; patience--) {
                try {
                    return super.read();
                } catch (SocketTimeoutException e) {
                    if (patience == 0) {
                        throw new Reasons.PeerFault("the broker stopped in the middle of a packet");
                    }
                }
            }
        }

        private void awaitBegin() throws IOException {
            try {
                begun.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (pushedRead == pushed.length) {
                return super.read(bytes, offset, length);
            }
            int read = Math.min(length, pushed.length - pushedRead);
            System.arraycopy(pushed, pushedRead, bytes, offset, read);
            pushedRead += read;
            return read;
        }
    }

    /** Holds acknowledgements back while another one is certain to follow. */
    static final class PacketOutput extends OutputStream {
        private static final int PUBACK = 4;

        private final BufferedOutputStream out;
        private final AtomicInteger queued;
        private final CountDownLatch begun;
        private boolean packetStart = true;
        private boolean more;

        PacketOutput(OutputStream out, AtomicInteger queued, CountDownLatch begun) {
            this.out = new BufferedOutputStream(out, BUFFER_BYTES);
            this.queued = queued;
            this.begun = begun;
        }

        @Override
        public void write(int b) throws IOException {
            look(b);
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (length > 0) {
                look(bytes[offset]);
                out.write(bytes, offset, length);
            }
        }

        // Paho flushes after each packet, so what follows a flush is the first byte of a packet
        @Override
        public void flush() throws IOException {
            packetStart = true;
            begun.countDown();
            if (!more) {
                out.flush();
            }
        }

        @Override
        public void close() throws IOException {
            out.close();
        }

        private void look(int first) {
            if (packetStart) {
                packetStart = false;
                more = (first & 0xF0) >> 4 == PUBACK && queued.decrementAndGet() > 0;
            }
        }
    }
}
