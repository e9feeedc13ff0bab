/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The lines that something prints, in memory and in a file. Tests wait for one of them. */
final class OutputLines implements AutoCloseable {
    private final List<String> lines = new ArrayList<>();
    private final BufferedWriter file;

    /** @param path of the file, which is written anew */
    OutputLines(Path path) {
        try {
            file = Files.newBufferedWriter(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a line. */
    void add(String line) {
        synchronized (lines) {
            lines.add(line);
            try {
                file.write(line);
                file.newLine();
                file.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                lines.notifyAll();
            }
        }
    }

    /**
     * Waits for a line that contains {@code text}.
     *
     * @param ended whether no further line will come
     * @throws IllegalStateException with the whole output, when it ends or the time is over before
     */
    String await(String text, Duration limit, BooleanSupplier ended) {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (lines) {
            while (true) {
                // asked first: what is printed before the end is looked at once more
                boolean over = ended.getAsBoolean();
                Optional<String> found =
                        lines.stream().filter(line -> line.contains(text)).findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
                long left = end - System.nanoTime();
                if (left <= 0 || over) {
                    throw new IllegalStateException("no line with \"" + text + "\" in:\n" + text());
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

    /** All lines so far. */
    String text() {
        synchronized (lines) {
            return String.join("\n", lines);
        }
    }

    /** The lines so far stand only in the file from now on. */
    void forget() {
        synchronized (lines) {
            lines.clear();
        }
    }

    /** No further line comes: wakes those that wait for one. */
    @Override
    public void close() {
        synchronized (lines) {
            lines.notifyAll();
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
