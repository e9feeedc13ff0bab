/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import redis.embedded.core.ExecutableProvider;

/** The program {@code redis-server}, one file for all tests of a build. */
final class RedisProgram {
    private static final Duration START_LIMIT = Limits.LIMIT;
    private static final Path UNPACKED = unpack();

    private RedisProgram() {}

    // anew in each JVM that starts one, and moved into its place: another JVM may be running the one that is there
    private static Path unpack() {
        try {
            Path programs = Files.createDirectories(Path.of(System.getProperty("user.dir"), "target", "redis-bin"));
            Path unpacking = Files.createTempDirectory(programs, "unpacking-");
            Path fresh = ExecutableProvider.newJarResourceProvider(unpacking.toFile())
                    .get()
                    .toPath();
            Path program = programs.resolve(fresh.getFileName());
            Files.move(fresh, program, StandardCopyOption.ATOMIC_MOVE);
            Files.delete(unpacking);
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts it in a folder, where it finds its configuration and leaves its data and its output.
     *
     * @param readyLine what its output says when it listens and has read its data
     * @throws IllegalStateException with the output, when it does not say so within {@link Limits#LIMIT}
     */
    static ChildProcess start(Path folder, String readyLine, String... arguments) {
        List<String> command = new ArrayList<>(List.of(UNPACKED.toString()));
        command.addAll(List.of(arguments));
        ChildProcess process = ChildProcess.start(
                new ProcessBuilder(command).directory(folder.toFile()), folder.resolve("output.log"));
        try {
            process.awaitLine(readyLine, START_LIMIT);
            return process;
        } catch (RuntimeException e) {
            process.close();
            throw e;
        }
    }
}
