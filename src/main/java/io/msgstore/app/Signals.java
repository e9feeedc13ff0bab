/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.logging.log4j.LogManager;
import sun.misc.Signal;

/**
 * Stops the service on SIGTERM and SIGINT (Ctrl-C): in good order on the first, at once on the second.
 *
 * <p>A shutdown hook alone can't do that: once hooks run, the JVM ignores further signals. {@link Signal} (module
 * {@code jdk.unsupported}, Java 9 to 25) has no supported counterpart. Where it is refused, as with {@code java -Xrs}, the
 * hook is what is left.
 *
 * <p>Leaving at once loses no more than {@code kill -9}: with {@code msgstore.ack=on-commit} no message of QoS 1, because it is
 * acknowledged after its row is committed.
 */
final class Signals {
    /** What shells add to a signal's number to make the exit code of the process that it ended. */
    private static final int EXIT_CODE_BASE = 128;

    private Signals() {}

    static void stop(Service service) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> closeAndHalt(service), "stop"));
        AtomicBoolean stopping = new AtomicBoolean();
        for (String name : List.of("TERM", "INT")) {
            try {
                // each signal gets a thread of its own, and a SIGINT that the process was told to ignore stays ignored
                Signal.handle(new Signal(name), signal -> {
                    if (stopping.compareAndSet(false, true)) {
                        System.exit(service.codeWhenStopped());
                    } else {
                        service.shutdown().abandon("SIG" + signal.getName());
                        Runtime.getRuntime().halt(EXIT_CODE_BASE + signal.getNumber());
                    }
                });
            } catch (IllegalArgumentException e) {
                return;
            }
        }
    }

    private static void closeAndHalt(Service service) {
        if (service.isOpen()) {
            service.close();
            LogManager.shutdown();
            // without it the JVM's exit code would be that of the signal, though all went well
            Runtime.getRuntime().halt(service.codeWhenStopped());
        }
    }
}
