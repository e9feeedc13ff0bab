/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The route and SQL files whose edits take effect, and what they look like from outside.
 * Its parts are those of {@link HotEdits.Parts}. Route files in a jar, such as a module's, are not edited.
 */
record WatchedFiles(Path folder, Supplier<List<String>> routeFiles, Path sql) {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedFiles.class);
    private static final String FILE = "file:";

    /** A file that is saved has another one than before. */
    record Stamp(FileTime time, long size) {}

    boolean hasSql() {
        return sql != null;
    }

    private List<Path> edited() {
        return routeFiles.get().stream()
                .filter(location -> location.startsWith(FILE))
                .map(WatchedFiles::path)
                .toList();
    }

    /** All that are there now. */
    Map<Path, Stamp> stamps() {
        Map<Path, Stamp> stamps = new TreeMap<>();
        edited().forEach(file -> stamp(file, stamps));
        if (sql != null && Files.isDirectory(sql)) {
            try (Stream<Path> walk = Files.walk(sql)) {
                walk.filter(file -> file.toString().endsWith(".sql")).forEach(file -> stamp(file, stamps));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return stamps;
    }

    /** Those of some files that are there now. */
    static Map<Path, Stamp> stamps(Set<Path> files) {
        Map<Path, Stamp> stamps = new TreeMap<>();
        files.forEach(file -> stamp(file, stamps));
        return stamps;
    }

    // an editor may be replacing it just now
    private static void stamp(Path file, Map<Path, Stamp> stamps) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            stamps.put(file, new Stamp(attributes.lastModifiedTime(), attributes.size()));
        } catch (IOException e) {
            LOG.debug("{} is not there", file, e);
        }
    }

    /** The text of the route files as they are now, by location. */
    Map<String, byte[]> routes() {
        Map<String, byte[]> texts = new TreeMap<>();
        edited().forEach(file -> texts.put(location(file), read(file)));
        return texts;
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRoute(Path file) {
        return sql == null || !file.startsWith(sql);
    }

    boolean isMigration(Path file) {
        return !isRoute(file) && file.getParent().endsWith("migration");
    }

    private static Path path(String location) {
        return Path.of(location.substring(FILE.length()));
    }

    /** As Camel names a file. */
    static String location(Path file) {
        return FILE + file;
    }

    /** As the log names a file, given as a path or a location. */
    String name(String file) {
        return name(Path.of(file.startsWith(FILE) ? file.substring(FILE.length()) : file));
    }

    String name(Path file) {
        return file.startsWith(folder) ? folder.relativize(file).toString() : file.toString();
    }

    String names(Set<Path> files) {
        return files.stream().map(this::name).collect(Collectors.joining(", "));
    }
}
