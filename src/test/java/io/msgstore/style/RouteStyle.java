/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Checks what no Camel tool checks for routes in YAML. A folder to check holds {@code routes/}, {@code sql/},
 * {@code application.properties} and the sources that bind the beans, as the project does.
 */
final class RouteStyle {
    private static final int MOST_STEPS = 7;
    private static final String DATABASE = "postgresql";
    /** Name of a source that binds beans ends with it. */
    private static final String BEANS = "Beans.java";

    /** Endpoints between stages, which users may enter from outside. */
    private static final Pattern ENTRANCES =
            Pattern.compile("direct:(enqueue|dispatch|dead-letter|store-[\\w-]+|queue-deliver)");
    /** Endpoints that pass a message from route to route within one Camel. */
    private static final Set<String> INTERNAL = Set.of("direct", "batch", "seda");
    /** Beans that Java looks up, or that are for routes of a user's own (docs/queues), and no route here. */
    private static final Set<String> NOT_FOR_ROUTES = Set.of("queueGate", "kafkaQueue", "statements", "countFiles");
    /** The queue that outlives nothing, needs no fallback and is not asked for its length. */
    private static final String MEMORY = "memory";
    /** The choice of no fallback, where routes ask {@code hasFallback} or {@code queueDegraded} before they send. */
    private static final String NO_FALLBACK = "";

    private static final String FALLBACK_ENTRANCE = "direct:queue-fallback";
    /** Made from the file of the queue that is drained. */
    private static final String DRAIN_ENTRANCE = "direct:drain-length";
    /** Asked for, by {@code hasQueueLength}, before a message is sent there. */
    private static final String LENGTH_ENTRANCE = "direct:queue-length";

    /** Options that say where something is or how to log in there. */
    private static final Set<String> CONNECTION_OPTIONS = Set.of(
            "accesskey",
            "apikey",
            "bootstrapservers",
            "brokers",
            "brokerurl",
            "host",
            "hostname",
            "hosts",
            "password",
            "port",
            "secret",
            "secretkey",
            "serveruris",
            "servers",
            "serviceurl",
            "token",
            "user",
            "username");

    private static final Set<String> TOP_LEVEL =
            Set.of("route", "routeConfiguration", "routeTemplate", "templatedRoute", "rest", "beans");

    private static final Pattern KEBAB = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??([^:}]+)(?::[^}]*)?}}");
    private static final Pattern CONNECTION = Pattern.compile("//[^/]|@|localhost|[\\w.\\]-]:\\d{2,5}\\b"
            + "|\\b\\d{1,3}(\\.\\d{1,3}){3}\\b|(password|username|token|secret)=");
    private static final Pattern BEAN_PARAMETER = Pattern.compile("#(?:bean:)?([A-Za-z][\\w-]*)");
    private static final Pattern BINDING = Pattern.compile("\\.(?:bind|step|condition)\\(\\s*\"([^\"]+)\"");
    private static final Pattern SQL_PARAMETER = Pattern.compile(":#(\\w+)");

    private static final Set<String> LANGUAGES =
            Set.of("simple", "constant", "ref", "method", "header", "variable", "jsonpath", "tokenize", "xpath");
    private static final Set<String> EXPRESSIONS = Set.of("expression", "handled", "continued", "retryWhile");

    private static final JsonSchema SCHEMA = schema();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Map<String, String> unbound;
    private final Set<String> violations = new LinkedHashSet<>();
    private final Map<String, List<String>> filesById = new HashMap<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Set<String> usedBeans = new TreeSet<>();
    private final Set<String> usedSql = new TreeSet<>();
    private final Set<String> configurations = new TreeSet<>();
    private final Map<String, String> wantedConfigurations = new TreeMap<>();
    private final Map<String, Set<String>> filesByConfiguration = new HashMap<>();
    private String configuration;
    private final Set<String> routeIds = new TreeSet<>();
    private final Map<String, String> boundBeans = new TreeMap<>();
    private Properties settings = new Properties();
    /** Placeholders that msgstore derives from settings, each explained in the comment of one. */
    private final Set<String> explained = new TreeSet<>();

    /**
     * An endpoint that a file consumes from or sends to.
     *
     * @param configuration the route configuration that it is in; null in a route
     */
    private record Endpoint(String file, String configuration, String uri, boolean consumed) {
        String scheme() {
            return uri.split(":", 2)[0];
        }
    }

    /** A file is never loaded together with those of the same kind and another choice. */
    private record Alternative(Kind kind, String choice) {
        private enum Kind {
            QUEUE,
            FALLBACK,
            STORE
        }

        private static final Pattern QUEUE = Pattern.compile("routes/queue/([^/]+)\\.camel\\.yaml");
        private static final Pattern FALLBACK = Pattern.compile("routes/queue/fallback/([^/]+)\\.camel\\.yaml");
        private static final Pattern STORE = Pattern.compile("routes/store/([^/]+)/.*");

        /** Null for a file that is loaded whatever is chosen. */
        static Alternative of(String file) {
            return Stream.of(
                            of(Kind.QUEUE, QUEUE, file), of(Kind.FALLBACK, FALLBACK, file), of(Kind.STORE, STORE, file))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
        }

        private static Alternative of(Kind kind, Pattern path, String file) {
            Matcher matcher = path.matcher(file);
            return matcher.matches() ? new Alternative(kind, matcher.group(1)) : null;
        }

        boolean excludes(Alternative other) {
            return other != null && kind == other.kind && !choice.equals(other.choice);
        }
    }

    /** What is chosen by {@code msgstore.queue}, {@code msgstore.queue.fallback} and {@code msgstore.write-mode}. */
    private record Choice(String queue, String fallback, String store) {
        boolean loads(String file) {
            Alternative alternative = Alternative.of(file);
            return alternative == null
                    || alternative.choice.equals(
                            switch (alternative.kind) {
                                case QUEUE -> queue;
                                case FALLBACK -> fallback;
                                case STORE -> store;
                            });
        }

        /** Whether a route asks before it sends to an endpoint that is not there with this choice. */
        boolean goesWithout(String uri) {
            return uri.equals(FALLBACK_ENTRANCE) && fallback.equals(NO_FALLBACK)
                    || uri.equals(LENGTH_ENTRANCE) && queue.equals(MEMORY)
                    || uri.equals(DRAIN_ENTRANCE);
        }
    }

    private RouteStyle(Path folder, Map<String, String> unbound) {
        this.folder = folder;
        this.unbound = unbound;
    }

    /**
     * Checks the routes, settings and SQL of a folder.
     *
     * @param unbound routes that need no route configuration, by id, with the reason
     * @return what is wrong, each beginning with the file that it is in
     */
    static List<String> check(Path folder, Map<String, String> unbound) {
        RouteStyle style = new RouteStyle(folder, unbound);
        style.check();
        return List.copyOf(style.violations);
    }

    private void check() {
        try (Reader reader = Files.newBufferedReader(folder.resolve("application.properties"))) {
            settings.load(reader);
            read("application.properties")
                    .lines()
                    .filter(line -> line.startsWith("#"))
                    .flatMap(line -> PLACEHOLDER.matcher(line).results())
                    .forEach(placeholder -> explained.add(placeholder.group(1)));
            bindBeans();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> routes = files("routes", ".camel.yaml");
        if (routes.isEmpty()) {
            violation("routes", "holds no route file");
        }
        routes.forEach(this::bindBeans);
        routes.forEach(this::checkFile);
        checkConfigurations();
        checkPairs();
        checkSql();
        checkBeans();
    }

    private void violation(String file, String text) {
        violations.add(file + ": " + text);
    }

    // ---- one file

    private void checkFile(String file) {
        Object content = load(file);
        JsonNode json = JSON.valueToTree(resolved(content));
        SCHEMA.validate(json).forEach(message -> violation(file, "schema: " + message));
        if (!(content instanceof List<?> entries)) {
            violation(file, "is no list of routes");
            return;
        }
        checkExpressions(file, "", content);
        for (Object entry : entries) {
            checkEntry(file, map(entry));
        }
    }

    /** Editors write expressions under a key of their own, and rewrite a file that has them elsewhere. */
    private void checkExpressions(String file, String parent, Object value) {
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> child : map.entrySet()) {
                String key = String.valueOf(child.getKey());
                if (LANGUAGES.contains(key) && child.getValue() instanceof Map && !EXPRESSIONS.contains(parent)) {
                    violation(file, key + " of " + parent + " is not under expression:");
                }
                checkExpressions(file, key, child.getValue());
            }
        } else if (value instanceof List<?> list) {
            list.forEach(child -> checkExpressions(file, parent, child));
        }
    }

    private void checkEntry(String file, Map<?, ?> entry) {
        for (Map.Entry<?, ?> element : entry.entrySet()) {
            String kind = element.getKey().toString();
            if (!TOP_LEVEL.contains(kind)) {
                violation(file, "not in canonical form: starts with \"- " + kind + ":\"");
            }
            Map<?, ?> value = map(element.getValue());
            if (kind.equals("route")) {
                checkRoute(file, value);
            } else if (kind.equals("rest")) {
                checkRest(file, value);
            } else if (kind.equals("routeConfiguration")) {
                if (value.get("id") == null) {
                    violation(file, "a routeConfiguration has no id, so it applies to every route");
                } else {
                    configuration = value.get("id").toString();
                    configurations.add(configuration);
                    checkId(file, value.get("id"));
                }
                Object errorHandler = value.get("errorHandler");
                visitErrorHandler(file, errorHandler);
                for (Object clause : list(value.get("onException"))) {
                    Map<?, ?> onException = map(map(clause).get("onException"));
                    checkNode(file, "onException", onException);
                }
                configuration = null;
            }
            scan(file, element.getValue());
        }
    }

    private void checkRest(String file, Map<?, ?> rest) {
        checkNode(file, "rest", rest);
        for (String verb : List.of("get", "head", "post", "put", "patch", "delete")) {
            for (Object request : list(rest.get(verb))) {
                Map<?, ?> node = map(request);
                checkNode(file, verb, node);
                if (node.get("description") == null) {
                    violation(file, verb + " " + node.get("id") + " has no description");
                }
                if (node.get("to") instanceof Map<?, ?> to) {
                    checkNode(file, "to", to);
                    endpoint(file, uri(to), false);
                } else {
                    violation(file, "not in canonical form: shorthand \"to: " + node.get("to") + "\"");
                }
            }
        }
    }

    private void visitErrorHandler(String file, Object errorHandler) {
        for (Object handler : map(errorHandler).values()) {
            Object uri = map(handler).get("deadLetterUri");
            if (uri != null) {
                endpoint(file, uri.toString(), false);
            }
        }
    }

    private void checkRoute(String file, Map<?, ?> route) {
        Object id = route.get("id");
        String name = "route " + id;
        if (id == null) {
            violation(file, "a route has no id");
        } else {
            routeIds.add(id.toString());
            checkId(file, id);
        }
        for (String key : List.of("description", "group")) {
            if (route.get(key) == null) {
                violation(file, name + " has no " + key);
            }
        }
        Map<?, ?> from = map(route.get("from"));
        Object uri = from.get("uri");
        if (uri != null) {
            endpoint(file, uri(from), true);
        }
        checkNode(file, "from", from);
        int steps = list(from.get("steps")).size();
        if (steps > MOST_STEPS) {
            violation(file, name + " has " + steps + " steps, more than " + MOST_STEPS);
        }
        if (route.get("routeConfigurationId") != null) {
            for (String wanted : route.get("routeConfigurationId").toString().split(",")) {
                wantedConfigurations.put(file + ": " + name, wanted.trim());
                filesByConfiguration
                        .computeIfAbsent(wanted.trim(), key -> new TreeSet<>())
                        .add(file);
            }
        } else if (id != null && !unbound.containsKey(id.toString())) {
            violation(file, name + " names no routeConfiguration");
        }
    }

    /** Ids, canonical form and endpoints of a node and of everything below it. A route has one {@code from}, which needs none. */
    private void checkNode(String file, String kind, Map<?, ?> node) {
        if (node.get("id") != null) {
            checkId(file, node.get("id"));
        } else if (!kind.equals("from")) {
            violation(file, kind + " has no id" + (node.get("uri") == null ? "" : " (" + node.get("uri") + ")"));
        }
        for (Object step : list(node.get("steps"))) {
            for (Map.Entry<?, ?> element : map(step).entrySet()) {
                String name = element.getKey().toString();
                if (element.getValue() instanceof Map<?, ?> value) {
                    if (value.get("uri") != null) {
                        endpoint(file, uri(value), false);
                    }
                    Object whenFull = map(value.get("parameters")).get("whenFull");
                    if (whenFull != null) {
                        endpoint(file, whenFull.toString(), false);
                    }
                    checkNode(file, name, value);
                } else {
                    violation(file, "not in canonical form: shorthand \"" + name + ": " + element.getValue() + "\"");
                    if (name.startsWith("to") || name.equals("wireTap")) {
                        endpoint(file, String.valueOf(element.getValue()), false);
                    }
                }
            }
        }
        for (String branch : List.of("when", "doCatch")) {
            list(node.get(branch)).forEach(child -> checkNode(file, branch, map(child)));
        }
        for (String branch : List.of("otherwise", "doFinally", "onFallback")) {
            if (node.get(branch) != null) {
                checkNode(file, branch, map(node.get(branch)));
            }
        }
    }

    private void checkId(String file, Object id) {
        String text = id.toString();
        if (!KEBAB.matcher(text).matches()) {
            violation(file, "id " + text + " is not kebab-case");
        }
        List<String> others = filesById.computeIfAbsent(text, key -> new ArrayList<>());
        Alternative alternative = Alternative.of(file);
        for (String other : others) {
            if (alternative == null || !alternative.excludes(Alternative.of(other))) {
                violation(file, "id " + text + " stands in " + other + " too");
            }
        }
        others.add(file);
    }

    private Object load(String file) {
        return new Load(LoadSettings.builder().setLabel(file).build()).loadFromString(read(file));
    }

    private static String uri(Map<?, ?> node) {
        String uri = String.valueOf(node.get("uri"));
        Object name = map(node.get("parameters")).get("name");
        return uri.contains(":") || name == null ? uri : uri + ":" + name;
    }

    private void endpoint(String file, String uri, boolean consumed) {
        endpoints.add(new Endpoint(file, configuration, uri.split("\\?", 2)[0], consumed));
        if (uri.contains("?")) {
            violation(file, "not in canonical form: options in the URI " + uri);
        }
        // what a placeholder stands for is no part of the route, and ${…} is no host either
        if (CONNECTION
                .matcher(uri.replaceAll("\\{\\{[^}]*}}|\\$\\{[^}]*}", "x"))
                .find()) {
            violation(file, "connection settings in the URI " + uri);
        }
        if (uri.startsWith("sql:")) {
            sqlFile(file, uri.substring("sql:".length()).split("\\?", 2)[0]);
        }
    }

    // ---- what may stand anywhere

    private void scan(String file, Object node) {
        visit("", node, (key, value) -> {
            Matcher placeholder = PLACEHOLDER.matcher(value);
            while (placeholder.find()) {
                String name = placeholder.group(1).trim();
                if (!settings.containsKey(name) && !explained.contains(name)) {
                    violation(file, "{{" + name + "}} is not in application.properties");
                }
            }
            if (key.matches(".*/doCatch/.*onWhen/expression/method/ref")) {
                violation(
                        file,
                        "a method of bean " + value
                                + " decides in a doCatch, where it is not given the error: use ref");
            }
            if (key.matches(
                    ".*/(ref|ref/expression|aggregationStrategy|onPrepare|onRedeliveryRef|redeliveryPolicyRef)")) {
                bean(file, value.replaceFirst("^#(bean:)?", ""));
            }
            if (key.matches(".*/parameters/[^/]+")) {
                String option = key.substring(key.lastIndexOf('/') + 1);
                if (CONNECTION_OPTIONS.contains(option.toLowerCase(Locale.ROOT))) {
                    violation(file, "connection setting " + option + " in a route");
                }
                Matcher parameter = BEAN_PARAMETER.matcher(value);
                if (parameter.matches()) {
                    bean(file, parameter.group(1));
                }
            }
        });
    }

    private static void visit(String key, Object value, BiConsumer<String, String> visitor) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, child) -> visit(key + "/" + name, child, visitor));
        } else if (value instanceof Collection<?> children) {
            children.forEach(child -> visit(key, child, visitor));
        } else {
            visitor.accept(key, Objects.toString(value));
        }
    }

    private void bean(String file, String name) {
        usedBeans.add(name);
        if (!boundBeans.containsKey(name)) {
            violation(file, "bean " + name + " is bound in no wiring and no route file");
        }
    }

    // ---- all files together

    private void checkConfigurations() {
        wantedConfigurations.forEach((route, wanted) -> {
            if (!configurations.contains(wanted)) {
                violations.add(route + " names routeConfiguration " + wanted + ", which is not there");
            }
        });
        for (String id : unbound.keySet()) {
            if (!routeIds.contains(id)) {
                violation("routes", "route " + id + " is excused from a routeConfiguration, but is not there");
            }
        }
    }

    private void checkPairs() {
        for (Choice choice : choices()) {
            checkPairs(
                    choice,
                    endpoints.stream()
                            .filter(endpoint -> choice.loads(endpoint.file))
                            .filter(endpoint -> isApplied(endpoint.configuration, choice))
                            .filter(endpoint -> INTERNAL.contains(endpoint.scheme()))
                            .filter(endpoint -> !endpoint.uri.contains("${"))
                            .toList());
        }
    }

    private boolean isApplied(String name, Choice choice) {
        return name == null
                || filesByConfiguration.getOrDefault(name, Set.of()).stream().anyMatch(choice::loads);
    }

    private List<Choice> choices() {
        Map<Alternative.Kind, Set<String>> names = new TreeMap<>();
        for (String file : files("routes", ".camel.yaml")) {
            Alternative alternative = Alternative.of(file);
            if (alternative != null) {
                names.computeIfAbsent(alternative.kind, kind -> new TreeSet<>()).add(alternative.choice);
            }
        }
        Set<String> fallbacks = new TreeSet<>(names.getOrDefault(Alternative.Kind.FALLBACK, Set.of()));
        fallbacks.add(NO_FALLBACK);
        List<Choice> choices = new ArrayList<>();
        for (String queue : names.getOrDefault(Alternative.Kind.QUEUE, Set.of(""))) {
            for (String fallback : queue.equals(MEMORY) ? Set.of(NO_FALLBACK) : fallbacks) {
                for (String store : names.getOrDefault(Alternative.Kind.STORE, Set.of(""))) {
                    choices.add(new Choice(queue, fallback, store));
                }
            }
        }
        return choices;
    }

    private void checkPairs(Choice choice, List<Endpoint> together) {
        for (Endpoint endpoint : together) {
            long routes = together.stream()
                    .filter(e -> e.consumed && e.uri.equals(endpoint.uri))
                    .count();
            if (endpoint.consumed) {
                if (routes > 1) {
                    violation(endpoint.file, "more than one route from " + endpoint.uri);
                }
                boolean sent = together.stream().anyMatch(e -> !e.consumed && e.uri.equals(endpoint.uri));
                if (!sent && !ENTRANCES.matcher(endpoint.uri).matches()) {
                    violation(endpoint.file, "nothing sends to " + endpoint.uri);
                }
            } else if (routes == 0 && !choice.goesWithout(endpoint.uri)) {
                violation(endpoint.file, "no route from " + endpoint.uri);
            }
        }
    }

    private void sqlFile(String file, String uri) {
        String path = uri.replace("{{sql}}", "sql/" + DATABASE);
        if (path.equals(uri)) {
            violation(file, "SQL is not in a file below {{sql}}: " + uri);
            return;
        }
        Alternative alternative = Alternative.of(file);
        if (alternative != null && alternative.kind == Alternative.Kind.STORE) {
            path = path.replace("{{msgstore.write-mode}}", alternative.choice);
        }
        path = PLACEHOLDER.matcher(path).replaceAll(m -> settings.getProperty(m.group(1), ""));
        usedSql.add(path);
        if (!Files.isRegularFile(folder.resolve(path))) {
            violation(file, path + " is not there");
        }
    }

    private void checkSql() {
        for (String file : files("sql", ".sql")) {
            String text = read(file);
            boolean migration = file.contains("/migration/");
            if (!migration && !usedSql.contains(file)) {
                violation(file, "no route uses it");
            }
            if (!text.startsWith("--")) {
                violation(file, "starts with no header comment");
            }
            if (text.contains("${")) {
                violation(file, "holds ${");
            }
            String header =
                    text.lines().takeWhile(line -> line.startsWith("--")).reduce("", (a, b) -> a + "\n" + b);
            String statement = text.replaceAll("--[^\n]*", "").replaceAll("'[^']*'", "''");
            Matcher parameter = SQL_PARAMETER.matcher(statement);
            while (parameter.find()) {
                if (!header.contains(parameter.group())) {
                    violation(file, "the header does not explain " + parameter.group());
                }
            }
            if (!migration && SQL_PARAMETER.matcher(statement).replaceAll("").matches("(?s).*[#?].*")) {
                violation(file, "has a parameter that is not named as :#name");
            }
        }
    }

    /** Notes the names of beans, with the source that binds each. */
    private void bindBeans() throws IOException {
        try (Stream<Path> sources = Files.walk(folder.resolve("src/main/java"))) {
            for (Path source :
                    sources.filter(path -> path.toString().endsWith(BEANS)).toList()) {
                Matcher binding = BINDING.matcher(Files.readString(source));
                while (binding.find()) {
                    boundBeans.put(binding.group(1), folder.relativize(source).toString());
                }
            }
        }
    }

    private void bindBeans(String file) {
        for (Object entry : list(load(file))) {
            for (Object bean : list(map(entry).get("beans"))) {
                String name = String.valueOf(map(bean).get("name"));
                String other = boundBeans.put(name, file);
                if (other != null) {
                    violation(file, "bean " + name + " is bound in " + other + " too");
                }
            }
        }
    }

    private void checkBeans() {
        Set<String> schemes = new TreeSet<>();
        endpoints.forEach(endpoint -> schemes.add(endpoint.scheme()));
        boundBeans.forEach((bean, wiring) -> {
            if (!usedBeans.contains(bean) && !schemes.contains(bean) && !NOT_FOR_ROUTES.contains(bean)) {
                violation(wiring, "bean " + bean + " is bound, but no route uses it");
            }
        });
    }

    // ---- helpers

    /** The same with the default value for every value that is a placeholder: the schema wants a number to be one. */
    private Object resolved(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, child) -> copy.put(key, resolved(child)));
            return copy;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(this::resolved).toList();
        }
        Matcher placeholder = PLACEHOLDER.matcher(String.valueOf(value));
        return placeholder.matches() ? settings.getProperty(placeholder.group(1), String.valueOf(value)) : value;
    }

    private List<String> files(String below, String suffix) {
        try (Stream<Path> paths = Files.walk(folder.resolve(below))) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> folder.relativize(path).toString().replace('\\', '/'))
                    .filter(path -> path.endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<?, ?> map(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> list(Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private static JsonSchema schema() {
        try (InputStream in = RouteStyle.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            // a placeholder stands for a number or a flag as a text, and Camel takes those anywhere
            SchemaValidatorsConfig lenient =
                    SchemaValidatorsConfig.builder().typeLoose(true).build();
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4).getSchema(in, lenient);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
