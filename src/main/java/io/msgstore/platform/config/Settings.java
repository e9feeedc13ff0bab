/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of one instance, complete and checked. {@code application.properties} says what there is, with defaults
 * and units; {@link Sources} says where values come from.
 */
public final class Settings {
    /** MQTT's number for a session that never expires. */
    private static final Duration NEVER = Duration.ofSeconds(Rule.MAX_EXPIRY_SECONDS + 1);

    private final Keys keys;
    private final Path workingDirectory;
    private final Map<String, String> defaults;
    private final Map<String, String> values;
    private final Map<String, String> origins = new TreeMap<>();
    private final List<String> warnings = new ArrayList<>();

    /**
     * Begins with the defaults.
     *
     * @param defaults the values that the jar carries
     */
    Settings(Keys keys, Path workingDirectory, Map<String, String> defaults) {
        this.keys = keys;
        this.workingDirectory = workingDirectory;
        this.defaults = defaults;
        values = new TreeMap<>(defaults);
    }

    /**
     * Reads and checks every setting. Weakest first: the jar's {@code application.properties}; the configuration file;
     * the environment; system properties.
     *
     * <p>Keys that aren't msgstore's are taken over from files, and from system properties when they begin with
     * {@code camel.} or stand in a file; Camel looks up the rest among system properties by itself.
     *
     * @param modules the sections of all modules, in the order of {@code application.properties}
     * @param file the file that the user named; null: {@code application.properties} of the working directory, if it
     *     exists
     * @param workingDirectory where relative paths start
     * @param systemProperties such as {@link System#getProperties()}
     * @param environment such as {@link System#getenv()}
     * @throws BadConfiguration with every mistake there is: unknown keys, bad values, a file that can't be read
     */
    public static Settings load(
            List<Section> modules,
            Path file,
            Path workingDirectory,
            Properties systemProperties,
            Map<String, String> environment)
            throws BadConfiguration {
        Sources sources = new Sources(modules, workingDirectory.toAbsolutePath().normalize());
        sources.addFile(file);
        sources.addEnvironment(environment);
        sources.addSystemProperties(systemProperties);
        return sources.checked(environment);
    }

    /** The names of all settings of msgstore, in the order of the file. */
    public List<String> keys() {
        return keys.all().stream().map(Key::name).toList();
    }

    /**
     * The value as text.
     *
     * @throws IllegalArgumentException when there is no such key, here and in the other getters
     */
    public String text(String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no setting " + key);
        }
        return value;
    }

    /** The value as text, empty when it is blank. */
    public Optional<String> optional(String key) {
        return Optional.of(text(key)).filter(value -> !value.isBlank());
    }

    /**
     * The value as a number. {@code receive-maximum} and {@code pool-size} are resolved to one.
     *
     * @throws NumberFormatException when the key is of another kind
     */
    public int number(String key) {
        return Integer.parseInt(text(key));
    }

    /** Whether the value is {@code true}. */
    public boolean flag(String key) {
        return Boolean.parseBoolean(text(key));
    }

    /** The parts of a comma-separated value; none when it is blank. */
    public List<String> list(String key) {
        return Rule.entries(text(key));
    }

    /**
     * The value as a time: of {@code -ms} keys the milliseconds, of others such as {@code 7d}. {@code never} is
     * 4294967295 seconds, which is how MQTT says it.
     *
     * @throws IllegalArgumentException when the key is of another kind
     */
    public Duration duration(String key) {
        if (key.endsWith("-ms")) {
            return Duration.ofMillis(number(key));
        }
        return text(key).equals("never") ? NEVER : Rule.toDuration(text(key));
    }

    /** Where relative paths start, absolute. */
    public Path directory() {
        return workingDirectory;
    }

    /** The value as an absolute path; a relative one starts at the working directory. */
    public Path path(String key) {
        return workingDirectory.resolve(text(key));
    }

    /** Everything, msgstore's keys and others, for Camel's placeholders. Holds secrets. */
    public Properties properties() {
        Properties properties = new Properties();
        properties.putAll(values);
        return properties;
    }

    /** What may be a mistake and doesn't stop the start, one line each. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** The lines of {@link #toString()} that are not the defaults. */
    public List<String> changes() {
        return names().filter(this::isChanged).map(this::line).toList();
    }

    private Stream<String> names() {
        return Stream.concat(keys().stream(), values.keySet().stream().filter(name -> !name.startsWith(Sources.OURS)));
    }

    private boolean isChanged(String name) {
        return origins.containsKey(name) && !values.get(name).equals(defaults.get(name));
    }

    private String line(String name) {
        String setting = name + " = " + keys.shown(name, values.get(name));
        return isChanged(name) ? setting + "  (" + origins.get(name) + ")" : setting;
    }

    /** Every setting on a line of its own, where it came from unless it is the default, and no secrets. */
    @Override
    public String toString() {
        return names().map(this::line).collect(Collectors.joining(System.lineSeparator(), "", System.lineSeparator()));
    }

    /** Takes the place of a value. */
    void put(String key, String value) {
        values.put(key, value);
    }

    /** The same from somewhere. */
    void put(String key, String value, String origin) {
        put(key, value);
        origins.put(key, origin);
    }

    /** Whether there is a value, of msgstore or not. */
    boolean has(String name) {
        return values.containsKey(name);
    }

    /** Says in the log what may be a mistake. */
    void warn(String text) {
        warnings.add(text);
    }

    /** The value, or nothing where a file of defaults lacks it. */
    String given(String name) {
        return values.getOrDefault(name, "");
    }

    /** Where a value that is not the default came from. */
    Optional<String> origin(String name) {
        return Optional.ofNullable(origins.get(name));
    }
}
