/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BufferedTransportTest {
    private static final BufferedTransport.Receiver NONE = (first, body) -> {
        throw new IOException("no PUBLISH packet");
    };
    private static final CountDownLatch BEGUN = new CountDownLatch(0);
    private static final int CONNACK = 0x20;

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
