/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A process whose output is kept, in memory and in a file. It is killed when this JVM exits. */
public class ChildProcess implements AutoCloseable {
    private static final int END_SECONDS = Limits.SECONDS;

    private final Process process;
    private final Thread reader;
    private final Path outputFile;
    private final List<String> lines = new ArrayList<>();
    private final Thread atExit = new Thread(this::kill9);

    ChildProcess(ProcessBuilder builder, Path outputFile) throws IOException {
        this.outputFile = outputFile;
        this.process = builder.redirectErrorStream(true).start();
        Runtime.getRuntime().addShutdownHook(atExit);
        this.reader = new Thread(this::read, "output of " + process.pid());
        this.reader.setDaemon(true);
        this.reader.start();
    }

    /** Starts a program. */
    static ChildProcess start(ProcessBuilder builder, Path outputFile) {
        try {
            return new ChildProcess(builder, outputFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                BufferedWriter file = Files.newBufferedWriter(outputFile)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                file.write(line);
                file.newLine();
                file.flush();
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            }
        } catch (IOException e) {
            // the process was killed: its output ends where it ends
        } finally {
            synchronized (lines) {
                lines.notifyAll();
            }
        }
    }

    /**
     * Waits for a line that contains {@code text}.
     *
     * @throws IllegalStateException with the whole output, when the process ends or the time is over before
     */
    public String awaitLine(String text, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (lines) {
            while (true) {
                Optional<String> found =
                        lines.stream().filter(line -> line.contains(text)).findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
                long left = end - System.nanoTime();
                if (left <= 0 || !reader.isAlive() && !process.isAlive()) {
                    throw new IllegalStateException("no line with \"" + text + "\" in:\n" + output());
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(lines, Math.min(left, TimeUnit.SECONDS.toNanos(1)));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    /** Its standard output and standard error so far. */
    public String output() {
        synchronized (lines) {
            return String.join("\n", lines);
        }
    }

    /** What it has said so far stands only in the file from now on. */
    void forgetOutput() {
        synchronized (lines) {
            lines.clear();
        }
    }

    public long pid() {
        return process.pid();
    }

    /** Writes a line to its standard input. */
    void send(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Ends it as {@code kill -9} does, and waits until it is gone. */
    public void kill9() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Sends SIGTERM and waits for the end. */
    public int terminate() {
        askToEnd();
        return awaitExit();
    }

    /** Sends SIGTERM and does not wait. */
    void askToEnd() {
        // not by the process itself: that would close our end of its output as well
        process.toHandle().destroy();
    }

    /**
     * Waits for it to end by itself.
     *
     * @return its exit code
     * @throws IllegalStateException when it runs on for {@link Limits#SECONDS}
     */
    public int awaitExit() {
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("still running after " + END_SECONDS + " s:\n" + output());
            }
            reader.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill9();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException exiting) {
            // then the hook does nothing more
        }
    }
}
