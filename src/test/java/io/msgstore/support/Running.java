/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;

/** A program that runs: as a process of its own, or in this JVM. */
interface Running extends AutoCloseable {
    /** What it printed and logged. */
    OutputLines lines();

    boolean isAlive();

    /** @throws UnsupportedOperationException in this JVM */
    long pid();

    /** What it printed and logged so far. */
    default String output() {
        return lines().text();
    }

    /** The output so far stands only in the file from now on. */
    default void forgetOutput() {
        lines().forget();
    }

    /**
     * Waits for a line that contains {@code text}.
     *
     * @throws IllegalStateException with the whole output, when the program ends or the time is over before
     */
    default String awaitLine(String text, Duration limit) {
        return lines().await(text, limit, this::isOver);
    }

    /** Whether no further line will come. */
    default boolean isOver() {
        return !isAlive();
    }

    /** Asks it to end, as SIGTERM does, and waits for the end. */
    int terminate();

    /**
     * Waits for it to end by itself.
     *
     * @return its exit code
     * @throws IllegalStateException when it runs on for {@link Limits#SECONDS}
     */
    int awaitExit();

    /**
     * Ends it as {@code kill -9} does, and waits until it is gone.
     *
     * @throws UnsupportedOperationException in this JVM
     */
    void kill9();

    /** Ends it, and frees what it holds. */
    @Override
    void close();
}
