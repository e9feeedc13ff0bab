/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;

/** Collects the settings from where they may stand; what is added later is stronger. */
final class Sources {
    /** Begins the name of each setting of msgstore. */
    static final String OURS = "msgstore.";

    private static final String FILE = "application.properties";

    private final Keys keys;
    private final Path workingDirectory;
    private final List<String> mistakes = new ArrayList<>();
    private final Settings settings;

    /**
     * Begins with the defaults.
     *
     * @param modules the sections of all modules, in the order of the file
     * @param workingDirectory where relative paths start, absolute
     */
    Sources(List<Section> modules, Path workingDirectory) {
        this.keys = new Keys(modules);
        this.workingDirectory = workingDirectory;
        Map<String, String> defaults = new TreeMap<>(defaults(Sources.class, "/" + FILE));
        modules.forEach(module -> defaults.putAll(defaults(module.getClass(), module.name() + ".properties")));
        settings = new Settings(keys, workingDirectory, defaults);
    }

    private static Map<String, String> defaults(Class<?> beside, String file) {
        try (InputStream stream = beside.getResourceAsStream(file)) {
            return stream == null ? Map.of() : read(new InputStreamReader(stream, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + " in the jar", e);
        }
    }

    /** @param named by the user; null: {@code application.properties} of the working directory, if it exists */
    void addFile(Path named) {
        Path path = workingDirectory.resolve(named == null ? Path.of(FILE) : named);
        String origin = (named == null ? Path.of(FILE) : named).toString();
        if (named == null && Files.notExists(path)) {
            return;
        }
        if (!Files.isRegularFile(path)) {
            mistakes.add(named == null ? origin + " is not a file" : "--config " + origin + ": there is no such file");
            return;
        }
        try (BufferedReader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
            read(reader).forEach((key, value) -> add(key, value, origin));
        } catch (CharacterCodingException e) {
            mistakes.add(origin + " is not UTF-8");
        } catch (IOException | IllegalArgumentException e) {
            mistakes.add(origin + " can't be read: " + Secrets.mask(e.getMessage()));
        }
    }

    /** Takes what its name says is a setting of msgstore. */
    void addEnvironment(Map<String, String> environment) {
        TreeSet<String> unknown = new TreeSet<>();
        environment.keySet().stream()
                .filter(name -> name.startsWith("MSGSTORE_"))
                .forEach(unknown::add);
        for (Key key : keys.all()) {
            String value = environment.get(key.variable());
            // Kubernetes sets MSGSTORE_HTTP_PORT=tcp://10.0.0.1:8080 in every pod when a Service is called
            // msgstore-http.
            boolean kubernetes = value != null && key.variable().endsWith("_PORT") && value.contains("://");
            if (value != null && !kubernetes) {
                unknown.remove(key.variable());
                add(key.name(), value, "environment variable " + key.variable());
            }
        }
        // And MSGSTORE_SERVICE_HOST and others when it is called msgstore: so this can't be a mistake.
        unknown.forEach(
                name -> settings.warn("environment variable " + name + " is ignored: it sets nothing of msgstore"
                        + keys.like(name.replace('_', '.'))
                                .filter(key -> !key.variable().equals(name))
                                .map(key -> "; did you mean " + key.variable() + "?")
                                .orElse("")));
    }

    /** Takes msgstore's, Camel's, and those that stand in a file. */
    void addSystemProperties(Properties systemProperties) {
        for (String name : new TreeSet<>(systemProperties.stringPropertyNames())) {
            if (name.startsWith(OURS) || name.startsWith("camel.") || settings.has(name)) {
                add(name, systemProperties.getProperty(name), "-D" + name);
            }
        }
    }

    private void add(String name, String value, String origin) {
        Optional<Key> key = keys.named(name);
        if (key.isEmpty() && name.startsWith(OURS)) {
            // without the value: it may be a password whose key has a slip in it
            mistakes.add(name + " (" + origin + "): there is no such setting"
                    + keys.like(name)
                            .map(like -> "; did you mean " + like.name() + "?")
                            .orElse(""));
            return;
        }
        settings.put(name, key.isPresent() && !key.get().secret() ? value.trim() : value, origin);
    }

    /**
     * The settings, complete.
     *
     * @throws BadConfiguration with every mistake there is
     */
    Settings checked(Map<String, String> environment) throws BadConfiguration {
        Findings findings = new Findings(keys, settings, mistakes);
        findings.checkEach();
        List<Section> on = new ArrayList<>(keys.modules());
        on.removeIf(module -> !settings.list(PlatformSection.MODULES).contains(module.name()));
        on.add(new PlatformSection());
        on.forEach(section -> section.check(findings));
        if (!mistakes.isEmpty()) {
            throw new BadConfiguration(mistakes);
        }
        on.forEach(section -> section.complete(new Section.Values(settings, environment)));
        return settings;
    }

    private static Map<String, String> read(Reader reader) throws IOException {
        BufferedReader buffered = new BufferedReader(reader);
        buffered.mark(1);
        // some editors begin a UTF-8 file with this sign; it would become part of the first key
        if (buffered.read() != '\uFEFF') {
            buffered.reset();
        }
        Properties properties = new Properties();
        properties.load(buffered);
        Map<String, String> values = new TreeMap<>();
        properties.forEach((key, value) -> values.put((String) key, (String) value));
        return values;
    }
}
