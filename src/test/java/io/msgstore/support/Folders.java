/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders for tests. */
public final class Folders {
    private Folders() {}

    /** One unpacked PostgreSQL for all tests of a build. */
    public static Path postgresPrograms() {
        return Path.of(System.getProperty("user.dir"), "target", "postgresql-bin");
    }

    public static Path temporary(String name) {
        try {
            return Files.createTempDirectory("msgstore-" + name + "-").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Copies a folder of this project, such as {@code routes}, into another one. */
    public static void copyOfProject(String name, Path into) {
        Path source = Path.of(System.getProperty("user.dir"), name);
        try (Stream<Path> walk = Files.walk(source)) {
            for (Path file : walk.toList()) {
                Files.copy(
                        file, into.resolve(name).resolve(source.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
