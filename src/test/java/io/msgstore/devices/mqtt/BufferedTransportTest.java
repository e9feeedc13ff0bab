/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BufferedTransportTest {
    private static final BufferedTransport.Receiver NONE = (first, body, length) -> {
        throw new IOException("no PUBLISH packet");
    };
    private static final CountDownLatch BEGUN = new CountDownLatch(0);
    private static final int CONNACK = 0x20;
    private static final int PUBLISH = 0x30;

    @Test
    void losesNoByteWhenTheSocketTimesOut() throws IOException {
        var in = new BufferedTransport.PacketInput(
                new Stuttering(new int[] {CONNACK, -2, 'b', 'c', -2, 'd'}), NONE, BEGUN);
        assertThat(in.available()).isZero();
        assertThat(in.read()).isEqualTo(CONNACK);
        // within the header of a packet: waits
        assertThat(in.read()).isEqualTo('b');
        byte[] body = new byte[2];
        assertThat(in.read(body, 0, 2)).isEqualTo(1);
        // within the body: Paho comes back for the rest
        assertThatThrownBy(() -> in.read(body, 1, 1)).isInstanceOf(SocketTimeoutException.class);
        in.available();
        assertThat(in.read(body, 1, 1)).isEqualTo(1);
        assertThat(body).containsExactly('c', 'd');
    }

    @Test
    void timesOutBetweenPacketsSoThatPahoCanBeStopped() throws IOException {
        var in = new BufferedTransport.PacketInput(new Stuttering(new int[] {-2, CONNACK}), NONE, BEGUN);
        in.available();
        assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
        in.available();
        assertThat(in.read()).isEqualTo(CONNACK);
    }

    @Test
    void sendsAcknowledgementsThatWaitBehindOneAnotherTogether() throws IOException {
        ByteArrayOutputStream socket = new ByteArrayOutputStream();
        AtomicInteger queued = new AtomicInteger(3);
        var out = new BufferedTransport.PacketOutput(socket, queued, BEGUN);
        byte[] puback = {0x40, 2, 0, 1};
        for (int i = 0; i < 2; i++) {
            out.write(puback, 0, 4);
            out.flush();
            assertThat(socket.size()).isZero();
        }
        out.write(puback, 0, 4);
        out.flush();
        assertThat(socket.size()).isEqualTo(12);
        assertThat(queued).hasValue(0);
    }

    @Test
    void sendsEveryOtherPacketAtOnce() throws IOException {
        ByteArrayOutputStream socket = new ByteArrayOutputStream();
        var out = new BufferedTransport.PacketOutput(socket, new AtomicInteger(2), BEGUN);
        out.write(new byte[] {0x40, 2, 0, 1}, 0, 4);
        out.flush();
        out.write(new byte[] {(byte) 0xC0, 0}, 0, 2);
        out.flush();
        assertThat(socket.size()).isEqualTo(6);
    }

    @Test
    void asksForRoomBeforeItReadsAMessage() throws IOException {
        Recording receiver = new Recording(Integer.MAX_VALUE);
        var in = new BufferedTransport.PacketInput(
                new Stuttering(new int[] {PUBLISH, 3, 'a', 'b', 'c', PUBLISH, 1, 'd', CONNACK}), receiver, BEGUN);
        in.available();
        assertThat(in.read()).isEqualTo(CONNACK);
        assertThat(receiver.heard).containsExactly("admit 3", "abc of 3", "over", "admit 1", "d of 1", "over");
    }

    @Test
    void keepsAsMuchOfAMessageAsItIsToldAndGoesOnBehindIt() throws IOException {
        Recording receiver = new Recording(2);
        var in = new BufferedTransport.PacketInput(
                new Stuttering(new int[] {PUBLISH, 5, 'a', 'b', -2, 'c', 'd', 'e', PUBLISH, 2, 'f', 'g', CONNACK}),
                receiver,
                BEGUN);
        in.available();
        assertThat(in.read()).isEqualTo(CONNACK);
        assertThat(receiver.heard).containsExactly("admit 5", "ab of 5", "over", "admit 2", "fg of 2", "over");
    }

    @Test
    void givesRoomBackForAMessageThatDoesNotArrive() throws IOException {
        Recording receiver = new Recording(Integer.MAX_VALUE);
        var in = new BufferedTransport.PacketInput(new Stuttering(new int[] {PUBLISH, 3, 'a'}), receiver, BEGUN);
        in.available();
        assertThatThrownBy(in::read).isInstanceOf(EOFException.class);
        assertThat(receiver.heard).containsExactly("admit 3", "over");
    }

    @Test
    void anErrorEndsTheConnectionAndNotTheThreadAlone() {
        var in = new BufferedTransport.PacketInput(
                new Stuttering(new int[] {PUBLISH, 1, 'a'}),
                new Recording(Integer.MAX_VALUE) {
                    @Override
                    public int admit(int length) {
                        throw new LinkageError("a class is missing");
                    }
                },
                BEGUN);
        assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasRootCauseInstanceOf(LinkageError.class);
    }

    private static class Recording implements BufferedTransport.Receiver {
        final List<String> heard = new ArrayList<>();
        private final int most;

        Recording(int most) {
            this.most = most;
        }

        @Override
        public int admit(int length) {
            heard.add("admit " + length);
            return Math.min(most, length);
        }

        @Override
        public void received(int first, byte[] body, int length) throws IOException {
            heard.add(new String(body, StandardCharsets.US_ASCII) + " of " + length);
        }

        @Override
        public void over() {
            heard.add("over");
        }
    }

    /** One byte at a time; -2 is a time-out. */
    private static final class Stuttering extends InputStream {
        private final int[] script;
        private int at;

        Stuttering(int[] script) {
            this.script = script;
        }

        @Override
        public int read() throws IOException {
            int next = at < script.length ? script[at++] : -1;
            if (next == -2) {
                throw new SocketTimeoutException();
            }
            return next;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int next = read();
            if (next < 0) {
                return -1;
            }
            bytes[offset] = (byte) next;
            return 1;
        }
    }
}
