/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.config;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of one instance, complete and checked. {@code application.properties} says what there is, with defaults
 * and units; this class says where values come from.
 */
public final class Settings {
    private static final String OURS = "msgstore.";
    private static final String FILE = "application.properties";

    /** A message costs its bytes several times while it is written; the rest of the heap is for that. */
    private static final int HEAP_SHARE = 8;

    private static final long LEAST_IN_FLIGHT_BYTES = 1_048_576;

    /** MQTT's number for a session that never expires. */
    private static final Duration NEVER = Duration.ofSeconds(Rule.MAX_EXPIRY_SECONDS + 1);

    private final Path workingDirectory;
    private final Map<String, String> values = new TreeMap<>();
    private final Map<String, String> defaults;
    /** Where a value came from, when it isn't the default. */
    private final Map<String, String> origins = new TreeMap<>();

    private final List<String> mistakes = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private Settings(Path workingDirectory) {
        this.workingDirectory = workingDirectory.toAbsolutePath().normalize();
        try (InputStream stream = Settings.class.getResourceAsStream("/" + FILE)) {
            values.putAll(read(new InputStreamReader(stream, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + FILE + " in the jar", e);
        }
        defaults = Map.copyOf(values);
    }

    /**
     * Reads and checks every setting. Weakest first: the jar's {@code application.properties}; the configuration file;
     * the environment; system properties.
     *
     * <p>Keys that aren't msgstore's are taken over from files, and from system properties when they begin with
     * {@code camel.} or stand in a file; Camel looks up the rest among system properties by itself.
     *
     * @param file the file that the user named; null: {@code application.properties} of the working directory, if it
     *     exists
     * @param workingDirectory where relative paths start
     * @param systemProperties such as {@link System#getProperties()}
     * @param environment such as {@link System#getenv()}
     * @throws BadConfiguration with every mistake there is: unknown keys, bad values, a file that can't be read
     */
    public static Settings load(
            Path file, Path workingDirectory, Properties systemProperties, Map<String, String> environment)
            throws BadConfiguration {
        Settings settings = new Settings(workingDirectory);
        settings.addFile(file);
        settings.addEnvironment(environment);
        settings.addSystemProperties(systemProperties);
        settings.resolveHost(environment);
        settings.check();
        if (!settings.mistakes.isEmpty()) {
            throw new BadConfiguration(settings.mistakes);
        }
        settings.resolveNumbers();
        return settings;
    }

    /** What is wrong with an MQTT topic filter; empty when it is right. */
    public static Optional<String> wrongTopicFilter(String filter) {
        return Rule.wrongFilter(filter);
    }

    /** The names of all settings of msgstore, in the order of the flow. */
    public static List<String> keys() {
        return Key.ALL.stream().map(Key::name).toList();
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

    /** Every setting on a line of its own, where it came from unless it is the default, and no secrets. */
    public String describe() {
        return names().map(this::line).collect(Collectors.joining(System.lineSeparator(), "", System.lineSeparator()));
    }

    /** The lines of {@link #describe()} that are not the defaults. */
    public List<String> changes() {
        return names().filter(this::isChanged).map(this::line).toList();
    }

    private Stream<String> names() {
        return Stream.concat(keys().stream(), values.keySet().stream().filter(name -> !name.startsWith(OURS)));
    }

    private boolean isChanged(String name) {
        return origins.containsKey(name) && !values.get(name).equals(defaults.get(name));
    }

    private String line(String name) {
        String setting = name + " = " + shown(name, values.get(name));
        return isChanged(name) ? setting + "  (" + origins.get(name) + ")" : setting;
    }

    @Override
    public String toString() {
        return describe();
    }

    private void addFile(Path named) {
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

    private void addEnvironment(Map<String, String> environment) {
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

    private void addSystemProperties(Properties systemProperties) {
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

    private void check() {
        boolean timesAreNumbers = true;
        for (Key key : Key.ALL) {
            Optional<String> wrong = key.rule().wrong(values.getOrDefault(key.name(), ""), workingDirectory);
            wrong.ifPresent(allowed -> mistake(key.name(), allowed));
            timesAreNumbers &= wrong.isEmpty() || !key.name().startsWith("msgstore.retry-backoff");
        }
        if (timesAreNumbers && number("msgstore.retry-backoff-ms") > number("msgstore.retry-backoff-max-ms")) {
            mistake(
                    "msgstore.retry-backoff-ms",
                    "at most msgstore.retry-backoff-max-ms, which is " + text("msgstore.retry-backoff-max-ms"));
        }
        if (mistakes.stream().noneMatch(line -> line.startsWith("msgstore.http."))) {
            checkAccess();
        }
        checkQueue();
        if (mistakes.stream().noneMatch(line -> line.startsWith("msgstore.kafka."))) {
            checkKafka();
        }
        if (text("msgstore.mqtt.url").matches("(embedded|tcp:|ws:).*")) {
            ignored("msgstore.mqtt.tls.truststore", "msgstore.mqtt.url has no TLS (ssl:// or wss://)");
            ignored("msgstore.mqtt.tls.keystore", "msgstore.mqtt.url has no TLS (ssl:// or wss://)");
        }
    }

    private void ignored(String name, String why) {
        optional(name).ifPresent(value -> warnings.add(name + " is ignored: " + why));
    }

    private void checkQueue() {
        boolean memory = text("msgstore.queue").equals("memory");
        if (memory && optional("msgstore.queue.fallback").isPresent()) {
            warnings.add("msgstore.queue.fallback is ignored: the queue in memory is never away");
        } else if (optional("msgstore.queue.fallback").isPresent()
                && !text("msgstore.ack").equals("on-commit")) {
            // what takes over could lose what the broker believes to be safe
            mistake("msgstore.queue.fallback", "empty, because msgstore.ack is " + text("msgstore.ack"));
        }
        String drained = text("msgstore.queue.drain");
        if (drained.equals("memory")) {
            mistake("msgstore.queue.drain", "a queue that outlives the process, or empty");
        } else if (!drained.isEmpty() && drained.equals(text("msgstore.queue"))) {
            mistake("msgstore.queue.drain", "another queue than msgstore.queue, or empty");
        }
        if (!memory && text("msgstore.enqueue-mode").equals("drop")) {
            warnings.add(
                    "msgstore.enqueue-mode=drop with msgstore.queue=" + text("msgstore.queue")
                            + ": when the queue holds msgstore.queue-size messages (" + text("msgstore.queue-size")
                            + "), as in a long outage of the database, new ones are lost; disconnect leaves them with the broker");
        }
    }

    private void checkKafka() {
        String protocol = text("msgstore.kafka.security-protocol");
        if (protocol.startsWith("SASL_")) {
            for (String name : List.of("msgstore.kafka.sasl-username", "msgstore.kafka.sasl-password")) {
                if (optional(name).isEmpty()) {
                    mistake(name, "set, because msgstore.kafka.security-protocol is " + protocol);
                }
            }
        } else if (optional("msgstore.kafka.sasl-username").isPresent()) {
            mistake(
                    "msgstore.kafka.security-protocol",
                    "SASL_PLAINTEXT or SASL_SSL, because msgstore.kafka.sasl-username is set");
        } else {
            ignored("msgstore.kafka.sasl-password", "msgstore.kafka.security-protocol is " + protocol);
        }
        if (!protocol.endsWith("SSL")) {
            ignored("msgstore.kafka.tls.truststore", "msgstore.kafka.security-protocol is " + protocol);
            ignored("msgstore.kafka.tls.keystore", "msgstore.kafka.security-protocol is " + protocol);
        }
    }

    private void checkAccess() {
        boolean username = optional("msgstore.http.username").isPresent();
        boolean password = optional("msgstore.http.password").isPresent();
        if (username != password) {
            mistake(
                    username ? "msgstore.http.password" : "msgstore.http.username",
                    "set, because msgstore.http." + (username ? "username" : "password") + " is");
        }
        String host = text("msgstore.http.host");
        boolean open = !username && optional("msgstore.http.jwt-key").isEmpty();
        if (open && !Loopback.isName(host)) {
            mistake(
                    "msgstore.http.host",
                    "localhost or another name of this machine's loopback (127.0.0.1, ::1) as long as nobody is asked"
                            + " who they are: set msgstore.http.username and msgstore.http.password, or"
                            + " msgstore.http.jwt-key");
        }
    }

    private void mistake(String name, String allowed) {
        String value = values.getOrDefault(name, "");
        mistakes.add(name + "=" + (value.isEmpty() ? "(empty)" : shown(name, value)) + " ("
                + origins.getOrDefault(name, FILE + " in the jar") + "): must be "
                + allowed.replaceAll("\\p{Cntrl}", "?"));
    }

    private static String shown(String name, String value) {
        return Key.named(name)
                .orElseGet(() -> new Key(name, Rule.anything(), Secrets.isSecretName(name)))
                .shown(value);
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
        if (text("msgstore.mqtt.receive-maximum").equals("queue-size")) {
            int most = Rule.MAX_MQTT_BYTES;
            values.put("msgstore.mqtt.receive-maximum", String.valueOf(Math.min(number("msgstore.queue-size"), most)));
        }
        if (text("msgstore.max-in-flight-bytes").isEmpty()) {
            long share = Math.max(LEAST_IN_FLIGHT_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
            values.put("msgstore.max-in-flight-bytes", String.valueOf(Math.min(Integer.MAX_VALUE, share)));
        }
        if (number("msgstore.max-payload-bytes") > number("msgstore.max-in-flight-bytes")) {
            warnings.add("msgstore.max-payload-bytes=" + text("msgstore.max-payload-bytes")
                    + " is above msgstore.max-in-flight-bytes (" + text("msgstore.max-in-flight-bytes")
                    + "): a message above that is too-large; a larger heap (-Xmx) allows for more");
        }
        if (text("msgstore.db.pool-size").isEmpty()) {
            int queues = optional("msgstore.queue.drain").isPresent() ? 2 : 1;
            values.put("msgstore.db.pool-size", String.valueOf(queues * number("msgstore.workers") + 2));
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
