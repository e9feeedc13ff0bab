/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
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

import io.msgstore.platform.contract.MqttText;

/** Collects the settings from where they may stand; what is added later is stronger. */
final class Sources {
    /** Begins the name of each setting of msgstore. */
    static final String OURS = "msgstore.";

    private static final String FILE = "application.properties";

    /** A message costs its bytes several times while it is written; the rest of the heap is for that. */
    private static final int HEAP_SHARE = 8;

    private static final long LEAST_IN_FLIGHT_BYTES = 1_048_576;

    private final Path workingDirectory;
    private final Map<String, String> values = new TreeMap<>();
    private final Map<String, String> defaults;
    private final Map<String, String> origins = new TreeMap<>();
    private final List<String> mistakes = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Settings settings;

    /**
     * Begins with the defaults.
     *
     * @param workingDirectory where relative paths start, absolute
     */
    Sources(Path workingDirectory) {
        this.workingDirectory = workingDirectory;
        try (InputStream stream = Sources.class.getResourceAsStream("/" + FILE)) {
            values.putAll(read(new InputStreamReader(stream, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + FILE + " in the jar", e);
        }
        defaults = Map.copyOf(values);
        settings = new Settings(workingDirectory, values, defaults, origins, warnings);
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
        for (Key key : Key.ALL) {
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
        unknown.forEach(name -> warnings.add("environment variable " + name + " is ignored: it sets nothing of msgstore"
                + Key.like(name.replace('_', '.'))
                        .filter(key -> !key.variable().equals(name))
                        .map(key -> "; did you mean " + key.variable() + "?")
                        .orElse("")));
    }

    /** Takes msgstore's, Camel's, and those that stand in a file. */
    void addSystemProperties(Properties systemProperties) {
        for (String name : new TreeSet<>(systemProperties.stringPropertyNames())) {
            if (name.startsWith(OURS) || name.startsWith("camel.") || values.containsKey(name)) {
                add(name, systemProperties.getProperty(name), "-D" + name);
            }
        }
    }

    private void add(String name, String value, String origin) {
        Optional<Key> key = Key.named(name);
        if (key.isEmpty() && name.startsWith(OURS)) {
            // without the value: it may be a password whose key has a slip in it
            mistakes.add(name + " (" + origin + "): there is no such setting"
                    + Key.like(name)
                            .map(like -> "; did you mean " + like.name() + "?")
                            .orElse(""));
            return;
        }
        values.put(name, key.isPresent() && !key.get().secret() ? value.trim() : value);
        origins.put(name, origin);
    }

    /**
     * The settings, complete.
     *
     * @throws BadConfiguration with every mistake there is
     */
    Settings checked(Map<String, String> environment) throws BadConfiguration {
        resolveHost(environment);
        new Consistency(settings, workingDirectory, mistakes, warnings).check();
        if (!mistakes.isEmpty()) {
            throw new BadConfiguration(mistakes);
        }
        resolveNumbers();
        return settings;
    }

    /** Puts the name of this host where the client identifier says so. */
    private void resolveHost(Map<String, String> environment) {
        String clientId = values.getOrDefault("msgstore.mqtt.client-id", "");
        if (!clientId.contains("<host>")) {
            return;
        }
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // a name that resolves to no address: it is only told in the environment
            host = environment.getOrDefault("HOSTNAME", environment.getOrDefault("COMPUTERNAME", "localhost"));
        }
        values.put("msgstore.mqtt.client-id", clientId.replace("<host>", host));
    }

    /** Puts numbers where a value says how to find one. */
    private void resolveNumbers() {
        if (settings.text("msgstore.mqtt.receive-maximum").equals("queue-size")) {
            int most = MqttText.MAX_BYTES;
            values.put(
                    "msgstore.mqtt.receive-maximum",
                    String.valueOf(Math.min(settings.number("msgstore.queue-size"), most)));
        }
        if (settings.text("msgstore.max-in-flight-bytes").isEmpty()) {
            long share = Math.max(LEAST_IN_FLIGHT_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
            values.put("msgstore.max-in-flight-bytes", String.valueOf(Math.min(Integer.MAX_VALUE, share)));
        }
        if (settings.number("msgstore.max-payload-bytes") > settings.number("msgstore.max-in-flight-bytes")) {
            warnings.add("msgstore.max-payload-bytes=" + settings.text("msgstore.max-payload-bytes")
                    + " is above msgstore.max-in-flight-bytes (" + settings.text("msgstore.max-in-flight-bytes")
                    + "): a message above that is too-large; a larger heap (-Xmx) allows for more");
        }
        if (settings.text("msgstore.db.pool-size").isEmpty()) {
            int queues = settings.optional("msgstore.queue.drain").isPresent() ? 2 : 1;
            values.put("msgstore.db.pool-size", String.valueOf(queues * settings.number("msgstore.workers") + 2));
        }
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
