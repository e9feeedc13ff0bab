/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

/** A throw-away Mosquitto on random ports, where one is installed: there is none in any library. */
public final class TestMosquitto implements AutoCloseable {
    private static final Optional<Path> PROGRAM = Stream.concat(
                    Stream.of(System.getenv("PATH").split(":")),
                    Stream.of("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))
            .map(folder -> Path.of(folder, "mosquitto"))
            .filter(Files::isExecutable)
            .findFirst();

    private final Path folder = Folders.temporary("mosquitto");
    private final int port = OnFreePort.any();
    private final int otherPort = OnFreePort.any();
    private final ChildProcess process;

    private TestMosquitto(List<String> settings) {
        try {
            Path configuration = Files.writeString(
                    folder.resolve("mosquitto.conf"),
                    "user root\nallow_anonymous true\nper_listener_settings false\nlistener " + port + " 127.0.0.1\n"
                            + String.join("\n", settings) + "\nlistener " + otherPort + " 127.0.0.1\n");
            process = ChildProcess.start(
                    new ProcessBuilder(PROGRAM.orElseThrow().toString(), "-c", configuration.toString()),
                    folder.resolve("output.log"));
            process.awaitLine(" running", Limits.LIMIT);
            Awaitility.await("both listeners of Mosquitto")
                    .atMost(Limits.LIMIT)
                    .failFast("Mosquitto ended: " + process.output(), () -> !process.isAlive())
                    .until(() -> isAnswered(port) && isAnswered(otherPort));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isAnswered(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public static boolean isInstalled() {
        return PROGRAM.isPresent();
    }

    /** Starts one; the settings, such as {@code max_qos 0}, are those of the first listener. */
    public static TestMosquitto with(String... settings) {
        return new TestMosquitto(List.of(settings));
    }

    /** Of the listener with the settings. */
    public String url() {
        return "tcp://127.0.0.1:" + port;
    }

    /** Of another listener, without them. */
    public String otherUrl() {
        return "tcp://127.0.0.1:" + otherPort;
    }

    @Override
    public void close() {
        process.close();
        Folders.delete(folder);
    }
}
