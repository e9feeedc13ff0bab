/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process whose output is kept, in memory and in a file. It is killed when this JVM exits. */
public class ChildProcess implements Running {
    private static final int END_SECONDS = Limits.SECONDS;

    private final Process process;
    private final Thread reader;
    private final OutputLines lines;
    private final Thread atExit = new Thread(this::kill9);

    ChildProcess(ProcessBuilder builder, Path outputFile) throws IOException {
        this.lines = new OutputLines(outputFile);
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
                lines) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
        } catch (IOException | UncheckedIOException e) {
            // the process was killed: its output ends where it ends
        }
    }

    @Override
    public OutputLines lines() {
        return lines;
    }

    @Override
    public boolean isOver() {
        return !reader.isAlive() && !isAlive();
    }

    @Override
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

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void kill9() {
        process.destroyForcibly();
        awaitExit();
    }

    @Override
    public int terminate() {
        askToEnd();
        return awaitExit();
    }

    /** Sends SIGTERM and does not wait. */
    void askToEnd() {
        // not by the process itself: that would close our end of its output as well
        process.toHandle().destroy();
    }

    @Override
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
