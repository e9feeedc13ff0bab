/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

import io.msgstore.Msgstore;

/**
 * The runnable jar as a process, as a user starts it; or the same classes in this JVM, which costs a fraction of that. All that a
 * test learns comes from its output and over HTTP.
 */
public final class MsgstoreProcess implements AutoCloseable {
    private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})?\\s+(\\S+)(?:\\s+\\d+)?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Duration REQUEST_LIMIT = Duration.ofMinutes(1);
    private static final Duration READY_LIMIT = Limits.LIMIT;

    private final Running process;
    private final Path folder;
    private final int httpPort;
    private final String authorization;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(REQUEST_LIMIT).build();
    /** What counters had counted when they were to begin anew, by name with labels. */
    private Map<String, Double> counted = Map.of();

    private MsgstoreProcess(Running process, Path folder, int httpPort, String authorization) {
        this.process = process;
        this.folder = folder;
        this.httpPort = httpPort;
        this.authorization = authorization;
    }

    /** The jar that this build made. */
    public static Path jar() {
        return Path.of(System.getProperty("jar.under.test", "target/msgstore.jar"))
                .toAbsolutePath();
    }

    /** Its classes as a JVM likes to have them. */
    static Path archive() {
        return ClassArchive.of(jar(), JVM_ARGUMENTS);
    }

    /** Prepares a start in this folder, which becomes the working directory. */
    public static Builder in(Path folder) {
        return new Builder(folder);
    }

    /**
     * The quick compiler and the small collector, and a heap that is as large at the start as it needs to be: a test's msgstore
     * starts often and lives for seconds.
     */
    private static final List<String> JVM_ARGUMENTS = List.of(
            "-Xmx256m", "-Xms128m", "-Xmn64m", "-XX:MetaspaceSize=128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    /** Settings that change what a JVM has one of: the log, the tracing, what JMX shows. */
    private static final Set<String> OF_THE_PROCESS =
            Set.of("msgstore.log-format", "msgstore.tracing", "msgstore.console");
    /** Arguments that ask for nothing that a JVM has one of; others are those of a process. */
    private static final Pattern FOR_ANY_JVM =
            Pattern.compile("--(check|dev|drain|print-routes|replay-dead-letters|replay-queue|from=.*)");
    /** Settings that may ask for embedded servers, which they do unless they are set. */
    private static final List<String> SERVERS = List.of("msgstore.dsn", "msgstore.mqtt.url");

    private static final String EMBEDDED = "embedded";

    /** Settings of one start. */
    public static final class Builder {
        private final Path folder;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> jvmArguments = new ArrayList<>();
        private final List<String> arguments = new ArrayList<>();
        private final List<Path> modules = new ArrayList<>();
        private Path jar = MsgstoreProcess.jar();
        private boolean fromArchive = true;
        private boolean inThisJvm;

        private Builder(Path folder) {
            this.folder = folder;
            jvmArguments.addAll(JVM_ARGUMENTS);
        }

        /** Sets a configuration key, by {@code -Dkey=value}. */
        public Builder set(String key, Object value) {
            settings.put(key, value.toString());
            return this;
        }

        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** Heap limit as {@code -Xmx} takes it; {@code 256m} unless set. */
        public Builder heap(String size) {
            jvmArguments.removeIf(argument -> argument.matches("-Xm[xsn].*"));
            jvmArguments.add("-Xmx" + size);
            return this;
        }

        /** Takes the place of all that was said about the JVM. */
        public Builder jvmArguments(List<String> values) {
            jvmArguments.clear();
            jvmArguments.addAll(values);
            fromArchive = false;
            return this;
        }

        public Builder jvmArgument(String argument) {
            jvmArguments.add(argument);
            return this;
        }

        /** Adds command line arguments, such as {@code --demo}. */
        public Builder arguments(String... values) {
            arguments.addAll(List.of(values));
            return this;
        }

        /** Adds a module, a folder with its classes, to the class path. */
        public Builder module(Path classes) {
            modules.add(classes.toAbsolutePath());
            return this;
        }

        public Builder jar(Path other) {
            jar = other.toAbsolutePath();
            fromArchive = false;
            return this;
        }

        /** Starts msgstore in this JVM, unless it is told what only a process can be told. */
        Builder inThisJvm() {
            inThisJvm = true;
            return this;
        }

        /** Starts a process in any case: for a test that kills it, say. */
        public Builder asProcess() {
            inThisJvm = false;
            return this;
        }

        private boolean isForThisJvm() {
            return inThisJvm
                    && arguments.stream()
                            .allMatch(argument -> FOR_ANY_JVM.matcher(argument).matches())
                    && modules.isEmpty()
                    && jvmArguments.equals(JVM_ARGUMENTS)
                    && jar.equals(MsgstoreProcess.jar())
                    && environment.keySet().stream().allMatch(name -> name.startsWith("MSGSTORE_"))
                    && settings.keySet().stream().allMatch(key -> key.startsWith("msgstore."))
                    && settings.keySet().stream().noneMatch(OF_THE_PROCESS::contains)
                    && SERVERS.stream().noneMatch(key -> settings.getOrDefault(key, EMBEDDED)
                            .equals(EMBEDDED));
        }

        /** Starts it and does not wait. HTTP gets a free port unless it was set. */
        public MsgstoreProcess start() {
            settings.computeIfAbsent("msgstore.http.port", key -> Integer.toString(OnFreePort.any()));
            return new MsgstoreProcess(
                    isForThisJvm()
                            ? InThisJvm.start(arguments, folder, settings, environment, nextOutputFile())
                            : startProcess(),
                    folder,
                    Integer.parseInt(settings.get("msgstore.http.port")),
                    authorization());
        }

        private ChildJvm startProcess() {
            List<String> command = new ArrayList<>(jvmArguments);
            if (fromArchive) {
                command.add("-XX:SharedArchiveFile=" + archive());
            }
            settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
            if (modules.isEmpty()) {
                command.addAll(List.of("-jar", jar.toString()));
            } else {
                String classPath = Stream.concat(Stream.of(jar), modules.stream())
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
                command.addAll(List.of("-cp", classPath, Msgstore.class.getName()));
            }
            command.addAll(arguments);
            return ChildJvm.start(command, folder, environment, nextOutputFile());
        }

        private String authorization() {
            String username = settings.get("msgstore.http.username");
            String password = settings.getOrDefault(
                    "msgstore.http.password", environment.getOrDefault("MSGSTORE_HTTP_PASSWORD", ""));
            return username == null ? null : basic(username, password);
        }

        /** Starts it and waits until it is ready. */
        public MsgstoreProcess startAndAwaitReady() {
            MsgstoreProcess msgstore = start();
            try {
                return msgstore.awaitReady();
            } catch (RuntimeException e) {
                msgstore.close();
                throw e;
            }
        }

        private Path nextOutputFile() {
            int number = 1;
            while (Files.exists(folder.resolve("output-" + number + ".log"))) {
                number++;
            }
            return folder.resolve("output-" + number + ".log");
        }
    }

    /** The header {@code Authorization} for a user and a password. */
    public static String basic(String username, String password) {
        return "Basic "
                + Base64.getEncoder().encodeToString((username + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Waits until readiness says 200, for {@link Limits#LIMIT} at most.
     *
     * @throws IllegalStateException with the whole output, when the process ends before
     */
    public MsgstoreProcess awaitReady() {
        awaitReadiness(status -> status == 200);
        return this;
    }

    /** Waits until it answers that it is not ready. */
    public MsgstoreProcess awaitNotReady() {
        awaitReadiness(status -> status >= 500);
        return this;
    }

    private void awaitReadiness(Predicate<Integer> wanted) {
        try {
            Awaitility.await("readiness of msgstore")
                    .atMost(READY_LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .failFast("msgstore ended", () -> !process.isAlive())
                    .until(this::readiness, wanted);
        } catch (ConditionTimeoutException | TerminalFailureException e) {
            throw new IllegalStateException(e.getMessage() + "; its output:\n" + output(), e);
        }
    }

    /** HTTP status of the readiness check, or -1 when nothing answers. */
    public int readiness() {
        try {
            return send(request("/observe/health/ready").build()).statusCode();
        } catch (IOException e) {
            return -1;
        }
    }

    /** Sum of a metric over all its labels; 0 when there is no such metric (yet). */
    public double metric(String name) {
        return sum(name, labels -> true);
    }

    /** Sum of the samples of a metric that have this label; 0 when there is none. */
    public double metric(String name, String label, String value) {
        return sum(name, labels -> value.equals(labels.get(label)));
    }

    private double sum(String name, Predicate<Map<String, String>> wanted) {
        return samples(name)
                .filter(sample -> sample.group(1).equals(name) && wanted.test(labels(sample.group(2))))
                .mapToDouble(sample -> value(sample) - counted.getOrDefault(identity(sample), 0.0))
                .sum();
    }

    /** Those of the metrics whose names begin so: the page has hundreds, and most tests wait for one of them. */
    private Stream<Matcher> samples(String prefix) {
        return get("/observe/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .map(SAMPLE::matcher)
                .filter(Matcher::matches);
    }

    private static double value(Matcher sample) {
        return Double.parseDouble(sample.group(3));
    }

    private static String identity(Matcher sample) {
        return sample.group(1) + "{" + sample.group(2) + "}";
    }

    /** For another test: from now on counters count from 0, and the output is what comes from now on. */
    void countAnew() {
        counted = samples("")
                .filter(sample -> sample.group(1).matches(".*_(total|count|sum)"))
                .collect(Collectors.toMap(MsgstoreProcess::identity, MsgstoreProcess::value));
        process.forgetOutput();
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new TreeMap<>();
        if (text != null) {
            Matcher label = LABEL.matcher(text);
            while (label.find()) {
                labels.put(label.group(1), label.group(2));
            }
        }
        return labels;
    }

    /** Fetches a path such as {@code /api/v1/dead-letters}. */
    public HttpResponse<String> get(String path) {
        return request("GET", path, "");
    }

    /** Sends a request; a body that is not empty goes as JSON. */
    public HttpResponse<String> request(String method, String path, String body) {
        return request(method, path, body, "application/json");
    }

    /** Sends a request; a body that is not empty goes as the type. */
    public HttpResponse<String> request(String method, String path, String body, String type) {
        HttpRequest.Builder request = request(path);
        if (!body.isEmpty()) {
            request.header("Content-Type", type);
        }
        try {
            return send(request.method(
                            method,
                            body.isEmpty()
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body))
                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path, e);
        }
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    // with user and password where it was started with them
    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url() + path));
        return authorization == null ? request : request.header("Authorization", authorization);
    }

    /** Where it listens, without a slash at the end. */
    public String url() {
        return "http://127.0.0.1:" + httpPort;
    }

    public int httpPort() {
        return httpPort;
    }

    /** @throws UnsupportedOperationException when it is no process, as for {@link #kill9} and {@link #signal} */
    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Standard output and error so far; also in {@code output-<n>.log} of the working directory. */
    public String output() {
        return process.output();
    }

    /**
     * From now on the output is what comes from now on. For a test that allows no stack trace: Vert.x may write one for a request that
     * comes while it begins to listen, because {@code TCPServerBase.listen} notes its {@code sslChannelProvider} after it binds.
     */
    public void forgetOutput() {
        process.forgetOutput();
    }

    /** Waits for a line of the output. */
    public String awaitLine(String text, Duration limit) {
        return process.awaitLine(text, limit);
    }

    public void kill9() {
        process.kill9();
    }

    /** Sends a signal, such as {@code INT}, and does not wait. */
    public void signal(String name) {
        try {
            int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -" + name + " failed: " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sends SIGTERM, as systemd does, and returns the exit code. */
    public int terminate() {
        return process.terminate();
    }

    /** Waits for it to end by itself, and returns the exit code. */
    public int awaitExit() {
        return process.awaitExit();
    }

    /** Ends it, in good order if it can, and an embedded PostgreSQL that it left behind. */
    @Override
    public void close() {
        try {
            if (process.isAlive()) {
                process.terminate();
            }
        } finally {
            process.close();
            endPostgres();
        }
    }

    private void endPostgres() {
        Path pidFile = folder.resolve("data/postgresql/postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        try {
            long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
            ProcessHandle.of(pid)
                    .filter(server -> server.info().command().orElse("").endsWith("/postgres"))
                    .ifPresent(ProcessHandle::destroyForcibly);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
