/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

import io.msgstore.platform.embedded.Ports;

/** Starts servers that must be told their port, which another process may take before they do. */
final class OnFreePort {
    static final String HOST = "127.0.0.1";

    private static final int TRIES = 5;
    /** Below those that systems take for connections, from 32768 or 49152 on. */
    private static final int FIRST = 12_000;

    private static final int FORKS = 10;
    private static final int PORTS_OF_A_JVM = 2_000;
    private static final int FORK = Integer.getInteger("fork.number", 0);
    /** Begins anywhere, for builds that run beside each other. */
    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS_OF_A_JVM));

    private OnFreePort() {}

    /**
     * A port that is free, and that no other JVM of this build proposes, nor the system for a connection: between this answer and
     * the server that listens there are seconds.
     */
    static int any() {
        int offset = NEXT.getAndIncrement() % PORTS_OF_A_JVM;
        return Ports.free(HOST, FIRST + FORK % FORKS * PORTS_OF_A_JVM + offset);
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
