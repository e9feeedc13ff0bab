/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A throw-away MQTT broker in a process of its own, on a random port. It keeps its port, sessions and messages when it is
 * stopped, killed and started again.
 */
public final class TestBroker implements AutoCloseable {
    private static final Duration START_LIMIT = Limits.LIMIT;

    private final Path folder = Folders.temporary("broker");
    private final List<String> jvmArguments;
    private ChildJvm process;
    private int port;
    private int emptied;

    private TestBroker(String... jvmArguments) {
        this.jvmArguments = List.of(jvmArguments);
        start();
    }

    /** Starts a new broker. */
    public static TestBroker running() {
        // a test's broker lives for seconds
        return new TestBroker(
                "-Xmx256m",
                "-Xms128m",
                "-Xmn64m",
                "-XX:MetaspaceSize=96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1");
    }

    /** Starts a new broker with a heap limit as {@code -Xmx} takes it, for more than a test. */
    public static TestBroker running(String heap) {
        return new TestBroker("-Xmx" + heap, "-XX:+UseSerialGC");
    }

    /** Starts it again after {@link #stop()} or {@link #kill9()}, on the same port and data. */
    public synchronized void start() {
        if (process != null) {
            return;
        }
        emptied = 0;
        process = ChildJvm.ofClassAndJar(
                BrokerMain.class,
                jvmArguments,
                List.of(folder.toString(), Integer.toString(port)),
                folder.resolve("output.log"));
        String line = process.awaitLine("listening on ", START_LIMIT);
        int listening = Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
        if (port != 0 && listening != port) {
            stop();
            throw new IllegalStateException("port " + port + " was taken while the broker was down");
        }
        port = listening;
    }

    /** Stops it in good order. */
    public synchronized void stop() {
        if (process != null) {
            process.terminate();
            process.close();
            process = null;
        }
    }

    public synchronized void kill9() {
        process.close();
        process = null;
    }

    /** Deletes all that it keeps: sessions' subscriptions with their messages, and retained messages. */
    public synchronized void empty() {
        process.send("empty");
        process.awaitLine(BrokerMain.EMPTIED + ++emptied, START_LIMIT);
    }

    /** Makes a broker that was stopped or killed forget its sessions and messages, as one without persistence does. */
    public synchronized void forget() {
        Path kept = folder.resolve("broker");
        if (!Files.isDirectory(kept.resolve("journal"))) {
            throw new IllegalStateException("nothing to forget in " + kept);
        }
        for (String part : List.of("journal", "bindings", "paging", "large-messages")) {
            Folders.delete(kept.resolve(part));
        }
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    public String url() {
        return "tcp://127.0.0.1:" + port;
    }

    @Override
    public void close() {
        stop();
        Folders.delete(folder);
    }
}
