/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Whether a server that Camel has started listens. */
class GuardedServersTest {
    @Test
    void aPortThatIsTakenAtTheLastMomentIsHeardOf() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket taken = new ServerSocket(0, 1, loopback);
                DefaultCamelContext context = new DefaultCamelContext()) {
            VertxPlatformHttpServerConfiguration configuration = new VertxPlatformHttpServerConfiguration();
            configuration.setBindHost("127.0.0.1");
            configuration.setBindPort(taken.getLocalPort());
            context.addService(new VertxPlatformHttpServer(configuration));
            context.start();
            assertThat(GuardedServers.problem(context)).contains("Address already in use");

            taken.close();
            assertThat(GuardedServers.problem(context)).as("tried again").isNull();
            try (Socket socket = new Socket(loopback, configuration.getBindPort())) {
                assertThat(socket.isConnected()).isTrue();
            }
            assertThat(GuardedServers.problem(context)).as("listens").isNull();
        }
    }
}
