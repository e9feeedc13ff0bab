/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The routes and the SQL that this instance runs: those of the working directory, or else those in the jar.
 * {@code routes/} and {@code sql/} are looked for separately, and each is taken whole: the two places are never mixed
 * within one. What asks for files throws {@link UncheckedIOException} when a folder or the jar can't be read.
 */
public final class Bundle {
    private static final String ROUTE = ".camel.yaml";
    private static final String YAML = ".yaml";
    private static final String MAPPINGS = "mappings";
    private static final String FILE = "file:";
    private static final String CLASS_PATH = "classpath:";

    private final Path workingDirectory;
    private final Class<?> anchor;
    private final String module;

    /** @param workingDirectory where {@code routes/} and {@code sql/} may be */
    public Bundle(Path workingDirectory) {
        this(workingDirectory, Bundle.class, null);
    }

    /**
     * @param anchor a class of the jar, or folder of classes, that carries the copy
     * @param module whose folders these are; null for all
     */
    Bundle(Path workingDirectory, Class<?> anchor, String module) {
        this.workingDirectory = workingDirectory.toAbsolutePath().normalize();
        this.anchor = anchor;
        this.module = module;
    }

    /**
     * The folders of a module: {@code routes/<name>} and {@code sql/<database>/<name>}. Each is that of the working directory, or else
     * that of the jar which the module is in: unlike other folders it may come from another place than its neighbours.
     */
    public Bundle of(Section owner) {
        return new Bundle(workingDirectory, owner.getClass(), owner.name());
    }

    /** The folder {@code routes/platform}, which is that of the jar where a copy of other folders lacks it. */
    public List<String> platformRoutes() {
        return new Bundle(workingDirectory, anchor, "platform").routes("platform");
    }

    /**
     * The route files directly in a folder, as Camel resource locations ({@code file:/...} or
     * {@code classpath:routes/...}), sorted by name.
     *
     * @param folder below {@code routes/}, such as {@code intake} or {@code store/gps_v1}; empty for {@code routes/}
     *     itself
     * @return empty when there is no such folder
     */
    public List<String> routes(String folder) {
        String path = folder.isEmpty() ? "routes" : "routes/" + folder;
        return list(path).stream()
                .filter(name -> name.endsWith(ROUTE))
                .map(name -> location(path + "/" + name))
                .toList();
    }

    /**
     * The location of one route file, when it is there.
     *
     * @param path below {@code routes/}, such as {@code queue/memory.camel.yaml}
     */
    public Optional<String> route(String path) {
        return existing(location("routes/" + path));
    }

    /**
     * A location as a user knows it: the path from the working directory, or that in the jar.
     *
     * @param workingDirectory absolute
     * @param location such as {@code file:/…/routes/a.camel.yaml} or {@code classpath:routes/a.camel.yaml}
     */
    public static String name(Path workingDirectory, String location) {
        String path = location.replaceFirst("^(classpath|file):", "");
        return location.startsWith(FILE) && Path.of(path).startsWith(workingDirectory)
                ? workingDirectory.relativize(Path.of(path)).toString()
                : path;
    }

    /**
     * The text of a file.
     *
     * @param location as the other methods say it
     * @throws UncheckedIOException when it can't be read
     */
    public String text(String location) {
        try (InputStream in = location.startsWith(CLASS_PATH)
                ? anchor.getResourceAsStream("/" + location.substring(CLASS_PATH.length()))
                : Files.newInputStream(Path.of(location.substring(FILE.length())))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + location + ": " + e.getMessage(), e);
        }
    }

    /**
     * Where SQL files are, as the beginning of a Camel resource location, without a slash at its end. Whether there are
     * any is not looked at.
     *
     * @param folder below {@code sql/}, such as {@code postgresql}
     */
    public String sql(String folder) {
        return location("sql/" + folder);
    }

    /**
     * The location of a mapping. Other than routes and SQL, one that is not in the working directory is taken from the jar also when
     * there are others: each is for itself.
     *
     * @param name its file's, without {@code .yaml}
     */
    public Optional<String> mapping(String name) {
        String path = MAPPINGS + "/" + name + YAML;
        return existing(FILE + workingDirectory.resolve(path)).or(() -> existing(CLASS_PATH + path));
    }

    /** The names of all mappings there are, sorted. */
    public List<String> mappings() {
        try {
            return Stream.concat(list(workingDirectory.resolve(MAPPINGS)).stream(), carried(MAPPINGS).stream())
                    .filter(file -> file.endsWith(YAML))
                    .map(file -> file.substring(0, file.length() - YAML.length()))
                    .distinct()
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + MAPPINGS + ": " + e.getMessage(), e);
        }
    }

    /** The folder of SQL files, where it is in the working directory. */
    public Optional<Path> sqlFolder() {
        return inWorkingDirectory("sql") ? Optional.of(workingDirectory.resolve("sql")) : Optional.empty();
    }

    /**
     * The names of the files and folders in a folder, sorted, for messages that say what there is to choose from. Route
     * files go without {@code .camel.yaml}, so {@code names("routes/queue")} reads {@code kafka, memory, redis}.
     *
     * @param folder such as {@code routes/queue} or {@code sql/postgresql}
     * @return empty when there is no such folder
     */
    public List<String> names(String folder) {
        return list(folder).stream()
                .map(name -> name.replaceFirst("/$", ""))
                .map(name -> name.endsWith(ROUTE) ? name.substring(0, name.length() - ROUTE.length()) : name)
                .distinct()
                .toList();
    }

    /**
     * The names of the route files in a folder, without {@code .camel.yaml}, sorted.
     *
     * @param folder below {@code routes/}
     */
    public List<String> routeNames(String folder) {
        return routes(folder).stream()
                .map(file -> file.substring(file.lastIndexOf('/') + 1, file.length() - ROUTE.length()))
                .toList();
    }

    private String location(String path) {
        return inWorkingDirectory(path) ? FILE + workingDirectory.resolve(path) : CLASS_PATH + path;
    }

    private boolean inWorkingDirectory(String path) {
        String root = module == null ? path.split("/", 2)[0] : path.replaceFirst("(/" + module + ")(/.*)?$", "$1");
        return Files.isDirectory(workingDirectory.resolve(root));
    }

    private Optional<String> existing(String location) {
        boolean exists = location.startsWith(FILE)
                ? Files.isRegularFile(Path.of(location.substring(FILE.length())))
                : anchor.getResource("/" + location.substring(CLASS_PATH.length())) != null;
        return exists ? Optional.of(location) : Optional.empty();
    }

    /** Sorted names in a folder; those of folders end with a slash. */
    private List<String> list(String folder) {
        try {
            return inWorkingDirectory(folder) ? list(workingDirectory.resolve(folder)) : carried(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder + ": " + e.getMessage(), e);
        }
    }

    /** The same of a folder that comes with the classes. */
    private List<String> carried(String folder) {
        try {
            Path root = Path.of(
                    anchor.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (Files.isDirectory(root)) {
                return list(root.resolve(folder));
            }
            try (JarFile jar = new JarFile(root.toFile())) {
                return list(jar, folder + "/");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder + ": " + e.getMessage(), e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("cannot find the folder of " + anchor.getName(), e);
        }
    }

    private static List<String> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(child -> !child.getFileName().toString().startsWith("."))
                    .map(child -> child.getFileName() + (Files.isDirectory(child) ? "/" : ""))
                    .sorted()
                    .toList();
        }
    }

    // Asks the jar itself: class path wildcards find nothing in a jar.
    private static List<String> list(JarFile jar, String folder) {
        return jar.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.startsWith(folder) && name.length() > folder.length())
                .map(name -> name.substring(folder.length()))
                .map(name -> name.contains("/") ? name.substring(0, name.indexOf('/') + 1) : name)
                .distinct()
                .sorted()
                .toList();
    }
}
