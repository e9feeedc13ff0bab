/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

import io.msgstore.platform.embedded.Ports;
import io.msgstore.support.TestBroker;

/** Mosquitto where it is installed; else the embedded Artemis, which is slower than what is measured. */
interface Broker extends AutoCloseable {
    String url();

    /** Process id, or that of this process where it is not known. */
    long pid();

    @Override
    void close();

    /** The broker's program, if it is installed. */
    static Optional<Path> mosquitto() {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin";
        return Stream.of(path.split(":"))
                .map(folder -> Path.of(folder, "mosquitto"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param window messages in flight to a client; 0 for the broker's default */
    static Broker start(Path folder, int window) {
        return mosquitto().map(program -> mosquitto(program, folder, window)).orElseGet(Broker::artemis);
    }

    private static Broker mosquitto(Path program, Path folder, int window) {
        int port = Ports.free("127.0.0.1", 0);
        Path configuration = folder.resolve("mosquitto.conf");
        try {
            Files.writeString(
                    configuration,
                    "listener " + port + " 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_dest none\n"
                            + (window > 0 ? "max_inflight_messages " + window + "\n" : ""));
            Process process = new ProcessBuilder(program.toString(), "-c", configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("mosquitto.log").toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            Awaitility.await("Mosquitto")
                    .atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> takesConnections(port));
            return new Broker() {
                @Override
                public String url() {
                    return "tcp://127.0.0.1:" + port;
                }

                @Override
                public long pid() {
                    return process.pid();
                }

                @Override
                public void close() {
                    process.destroyForcibly();
                }
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean takesConnections(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Broker artemis() {
        TestBroker broker = TestBroker.running("1g");
        return new Broker() {
            @Override
            public String url() {
                return broker.url();
            }

            @Override
            public long pid() {
                return broker.pid();
            }

            @Override
            public void close() {
                broker.close();
            }
        };
    }
}
