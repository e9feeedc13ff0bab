/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PortsTest {
    private static final String HOST = "127.0.0.1";

    @Test
    void keepsAFreePort() {
        int port = Ports.free(HOST, 0);
        assertThat(Ports.free(HOST, port)).isEqualTo(port);
    }

    @Test
    void goesOnFromATakenPort() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            assertThat(Ports.free(HOST, taken.getLocalPort())).isGreaterThan(taken.getLocalPort());
        }
    }

    @Test
    void seesAServerThatListensOnAllAddresses() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            assertThat(Ports.free(HOST, taken.getLocalPort())).isGreaterThan(taken.getLocalPort());
        }
    }

    @Test
    void saysWhyNobodyCanListenOnAPort() throws IOException {
        assertThat(Ports.problem(HOST, Ports.free(HOST, 0))).isNull();
        assertThat(Ports.problem(HOST, 0)).isNull();
        try (ServerSocket taken = new ServerSocket(0)) {
            assertThat(Ports.problem(HOST, taken.getLocalPort())).isEqualTo("another program listens on it");
        }
        assertThatThrownBy(() -> Ports.problem("192.0.2.1", 8080)).isInstanceOf(EmbeddedException.class);
    }

    @Test
    void refusesAnAddressOfAnotherMachine() {
        assertThatThrownBy(() -> Ports.free("192.0.2.1", 0)).isInstanceOf(EmbeddedException.class);
    }
}
