/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

import io.msgstore.platform.embedded.Ports;

/** Starts servers that must be told their port, which another process may take before they do. */
final class OnFreePort {
    static final String HOST = "127.0.0.1";

    private static final int TRIES = 5;

    private OnFreePort() {}

    /** Any port that is free. */
    static int any() {
        return Ports.free(HOST, 0);
    }

    /**
     * Starts a server, on another port when the first one was taken meanwhile.
     *
     * @param ports proposes a port
     * @param start throws an {@link IllegalStateException} with the server's output in its message when it can't start
     * @return the port that it listens on
     */
    static int start(IntSupplier ports, IntConsumer start) {
        for (int attempt = 1; ; attempt++) {
            int port = ports.getAsInt();
            try {
                start.accept(port);
                return port;
            } catch (IllegalStateException e) {
                if (attempt == TRIES || !e.getMessage().contains("Address already in use")) {
                    throw e;
                }
            }
        }
    }
}
