/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;

/**
 * The dependencies between the packages of {@code io.msgstore}, named without {@code io.msgstore.}; the root package is
 * {@value #ROOT}. The byte code has no trace of a constant of another class, which the compiler copies, so imports count as well.
 */
final class PackageDependencies {
    /** Stands for the root package itself. */
    static final String ROOT = "(root)";

    private static final String NAME = "io.msgstore";
    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?(io\\.msgstore(?:\\.[a-z]\\w*)*)\\.([A-Z]\\w*)", Pattern.MULTILINE);

    private final Map<String, Map<String, Set<String>>> references = new TreeMap<>();

    private PackageDependencies() {}

    /**
     * @param classes the compiled classes
     * @param sources the folder of their sources
     */
    static PackageDependencies of(JavaClasses classes, Path sources) {
        PackageDependencies dependencies = new PackageDependencies();
        for (JavaClass origin : classes) {
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (target.getPackageName().equals(NAME)
                        || target.getPackageName().startsWith(NAME + '.')) {
                    dependencies.add(
                            origin.getPackageName(), origin.getName(), target.getPackageName(), target.getName());
                }
            }
        }
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String name = sources.relativize(file)
                        .toString()
                        .replaceFirst("\\.java$", "")
                        .replace('/', '.');
                String home = name.substring(0, name.lastIndexOf('.'));
                Matcher found = IMPORT.matcher(Files.readString(file));
                while (found.find()) {
                    dependencies.add(home, name, found.group(1), found.group(1) + '.' + found.group(2));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return dependencies;
    }

    private void add(String from, String origin, String to, String target) {
        if (!from.equals(to)) {
            references
                    .computeIfAbsent(shortName(from), name -> new TreeMap<>())
                    .computeIfAbsent(shortName(to), name -> new TreeSet<>())
                    .add(outermost(from, origin) + " -> " + outermost(to, target));
        }
    }

    private static String shortName(String name) {
        return name.equals(NAME) ? ROOT : name.substring(NAME.length() + 1);
    }

    private static String outermost(String home, String name) {
        return name.substring(home.length() + 1).replaceFirst("\\$.*", "");
    }

    /** All packages that depend on another, or that another depends on. */
    Set<String> names() {
        Set<String> names = new TreeSet<>(references.keySet());
        references.values().forEach(targets -> names.addAll(targets.keySet()));
        return names;
    }

    /**
     * What the package depends on.
     *
     * @return references, {@code class -> class} each, by the package that they go to
     */
    Map<String, Set<String>> from(String name) {
        return references.getOrDefault(name, Map.of());
    }

    /**
     * What depends on the package.
     *
     * @return references, {@code class -> class} each, by the package that they come from
     */
    Map<String, Set<String>> to(String name) {
        Map<String, Set<String>> users = new TreeMap<>();
        references.forEach((from, targets) -> {
            if (targets.containsKey(name)) {
                users.put(from, targets.get(name));
            }
        });
        return users;
    }

    /**
     * The dependencies that are part of a cycle.
     *
     * @return references, {@code class -> class} each, by {@code package -> package}
     */
    Map<String, Set<String>> inCycles() {
        Map<String, Set<String>> cycles = new TreeMap<>();
        references.forEach((from, targets) -> targets.forEach((to, classes) -> {
            if (reachable(to).contains(from)) {
                cycles.put(from + " -> " + to, classes);
            }
        }));
        return cycles;
    }

    private Set<String> reachable(String start) {
        Set<String> seen = new HashSet<>();
        List<String> next = List.of(start);
        while (!next.isEmpty()) {
            next = next.stream()
                    .flatMap(name -> from(name).keySet().stream())
                    .filter(seen::add)
                    .toList();
        }
        return seen;
    }
}
