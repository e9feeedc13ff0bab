/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.micrometer.MicrometerConstants;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.spi.EventNotifier;
import org.apache.camel.spi.ManagementStrategy;
import org.apache.camel.spi.ShutdownStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.Options.Command;
import io.msgstore.accounting.Accounting;
import io.msgstore.accounting.Outcome;
import io.msgstore.api.Page;
import io.msgstore.api.Requests;
import io.msgstore.canary.Canary;
import io.msgstore.config.Bundle;
import io.msgstore.config.Dsn;
import io.msgstore.config.Secrets;
import io.msgstore.config.Settings;
import io.msgstore.config.UserError;
import io.msgstore.console.Console;
import io.msgstore.console.Jolokia;
import io.msgstore.database.Database;
import io.msgstore.database.Preflight;
import io.msgstore.database.Schema;
import io.msgstore.dev.HotEdits;
import io.msgstore.embedded.EmbeddedBroker;
import io.msgstore.embedded.EmbeddedException;
import io.msgstore.embedded.EmbeddedPostgres;
import io.msgstore.embedded.Ports;
import io.msgstore.flow.Flow;
import io.msgstore.flow.FlowMermaid;
import io.msgstore.flow.FlowReader;
import io.msgstore.flow.FlowText;
import io.msgstore.http.GuardedServers;
import io.msgstore.intake.MqttComponent;
import io.msgstore.mapping.Mappings;
import io.msgstore.queue.DrainedRoutes;
import io.msgstore.queue.QueueGate;
import io.msgstore.tracing.Tracing;
import io.msgstore.vitals.Vitals;

/**
 * One running msgstore: embedded servers where they are wanted, the connections, and Camel with the routes. The intake
 * starts last, when the schema is there, and stops first.
 */
final class Service implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    private static final String EMBEDDED = "embedded";
    private static final String DRAIN = "msgstore.queue.drain";
    private static final String MAPPING = "msgstore.mapping";
    /** Of routes that take messages from a durable queue. */
    private static final String DEQUEUE = "dequeue";
    /** Groups of routes that start when the schema is there; those that store before those that receive. */
    private static final List<String> STARTED_LAST = List.of(DEQUEUE, "intake", "canary");

    private static final List<String> STAGE_ENTRANCES =
            List.of("direct://enqueue", "direct://dispatch", "direct://dead-letter");

    /** For Camel to stop what did not finish in time, the connection to the broker first. */
    private static final Duration FORCED_STOP = Duration.ofSeconds(3);

    private final Settings settings;
    private final Command command;
    private final boolean dev;
    private final String from;
    private final Bundle bundle;
    private final String httpHost;
    private final Duration stopTimeout;
    private final Main main = new Main();
    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Accounting accounting = new Accounting(meters);
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();

    private volatile EmbeddedPostgres embeddedPostgres;
    private EmbeddedBroker embeddedBroker;
    private Database database;
    private Schema schema;
    private FutureTask<Boolean> prepared;
    private String brokerUrl;
    private String databaseUrl;
    private int httpPort;
    private boolean receiving;
    private HotEdits hotEdits;
    private Tracing tracing;
    private Mappings mappings = Mappings.NONE;

    Service(Settings settings, Options options) {
        this.settings = settings;
        this.command = options.command();
        this.dev = options.dev();
        this.from = options.from();
        this.bundle = new Bundle(Path.of("").toAbsolutePath());
        this.httpHost = settings.text("msgstore.http.host");
        this.stopTimeout = settings.duration("msgstore.stop-timeout");
    }

    /**
     * Runs until stopped, or until the command is done.
     *
     * @return whether all went well
     * @throws UserError when the user has something to put right
     */
    boolean run() {
        List<String> routes = routes();
        if (dev && routes.stream().noneMatch(route -> route.startsWith("file:"))) {
            throw new UserError("--dev: there is no folder routes/ here, so the routes are those in the jar;"
                    + " copy routes/ and sql/ into the working directory, and edit them there");
        }
        Optional<RouteBuilder> drained = drains() ? Optional.of(drainedRoutes()) : Optional.empty();
        if (command == Command.REPLAY_QUEUE) {
            ReplayQueue.check(settings.text("msgstore.queue"), from);
        }
        if (command == Command.PRINT_ROUTES || command == Command.PRINT_ROUTES_AS_MERMAID) {
            print(routes);
            return true;
        }
        OldRoutes.refuse(bundle, routes);
        mappings = mappings(routes);
        LOG.info("msgstore {}", Msgstore.version());
        settings.changes().forEach(LOG::info);
        warnOfMappings();
        try {
            if (!begin(routes, drained)) {
                return true;
            }
            if (command == Command.CHECK) {
                return new Check(settings, main.getCamelContext(), schema, preflight(), brokerUrl).run();
            }
            if (!await(prepared)) {
                return true;
            }
            preflight().start();
            if (command == Command.REPLAY) {
                return new ReplayDeadLetters(main.getCamelContext(), stop).run();
            }
            if (command == Command.REPLAY_QUEUE) {
                return new ReplayQueue(
                                main.getCamelContext(),
                                accounting,
                                settings.number("msgstore.batch-size"),
                                QueueWiring.takenBytes(settings),
                                from,
                                stop)
                        .run();
            }
            if (!startIntake()) {
                return true;
            }
            if (command == Command.DRAIN) {
                return new Drain(main.getCamelContext(), accounting, settings.text("msgstore.queue"), stop).run();
            }
            if (dev) {
                watchEdits();
            }
            if (command == Command.DEMO) {
                showDemo();
            }
            stop.await();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } catch (EmbeddedException | UncheckedIOException e) {
            throw new UserError(e.getMessage(), e);
        }
    }

    private Preflight preflight() {
        return main.getCamelContext().getRegistry().lookupByNameAndType(Wiring.PREFLIGHT, Preflight.class);
    }

    // close() has the same lock, so that a stop finds either all of it or nothing
    private synchronized boolean begin(List<String> routes, Optional<RouteBuilder> drained) {
        if (stop.getCount() == 0) {
            return false;
        }
        checkHttpPort();
        connect();
        if (command != Command.CHECK) {
            // beside Camel's start: each of them takes a second or more
            prepared = new FutureTask<>(schema::await);
            Thread preparing = new Thread(prepared, "schema");
            preparing.setDaemon(true);
            preparing.start();
        }
        startCamel(routes, drained);
        return true;
    }

    // the demo takes the next free one
    private void checkHttpPort() {
        String problem = command == Command.RUN ? HttpPort.problem(settings) : null;
        if (problem != null) {
            throw new UserError(problem);
        }
    }

    private static boolean await(Future<Boolean> prepared) throws InterruptedException {
        try {
            return prepared.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        }
    }

    private List<String> routes() {
        List<String> routes = new ArrayList<>(bundle.routes("intake"));
        String queue = settings.text("msgstore.queue");
        routes.add(chosen("msgstore.queue", "queue"));
        routes.addAll(bundle.routes("queue/common"));
        if (!queue.equals(QueueWiring.MEMORY)
                && settings.optional("msgstore.queue.fallback").isPresent()) {
            routes.add(chosen("msgstore.queue.fallback", "queue/fallback"));
        }
        if (drains()) {
            routes.addAll(folder(DRAIN, "queue/drain"));
        }
        routes.addAll(bundle.routes("mapping"));
        String mode = settings.text("msgstore.write-mode");
        List<String> store = bundle.routes("store/" + mode);
        if (store.isEmpty()) {
            throw new UserError("msgstore.write-mode=" + mode + ": there are no routes in routes/store/" + mode
                    + "; there are " + bundle.names("routes/store"));
        }
        routes.addAll(store);
        routes.addAll(bundle.routes("failure"));
        if (!endsByItself()) {
            routes.addAll(bundle.routes("api"));
        }
        if (sendsCanaries()) {
            routes.addAll(folder("msgstore.canary.interval", "canary"));
        }
        if (command == Command.DEMO) {
            routes.addAll(bundle.routes("demo"));
        }
        return routes;
    }

    private Mappings mappings(List<String> routes) {
        Mappings loaded = Mappings.load(bundle, settings.list(MAPPING));
        // routes/ may be a copy of an older version's
        List<String> texts =
                loaded.isEmpty() ? List.of() : routes.stream().map(bundle::text).toList();
        if (!loaded.isEmpty()
                && !(texts.stream().anyMatch(text -> text.contains("makeMessages"))
                        && texts.stream().anyMatch(text -> text.contains("variable.mapping")))) {
            throw new UserError(
                    MAPPING + "=" + settings.text(MAPPING) + ": no route in routes/ applies it; take"
                            + " mapping/mapping.camel.yaml and the branch dispatch-make of dispatch.camel.yaml from a newer copy");
        }
        return loaded;
    }

    private void warnOfMappings() {
        for (String name : mappings.withoutSubscription(settings.list("msgstore.mqtt.topics"))) {
            LOG.warn(
                    "{}={}: its topics are in no subscription ({}), so it gets no message",
                    MAPPING,
                    name,
                    "msgstore.mqtt.topics=" + settings.text("msgstore.mqtt.topics"));
        }
    }

    private List<String> folder(String key, String folder) {
        List<String> routes = bundle.routes(folder);
        if (routes.isEmpty()) {
            throw new UserError(key + "=" + settings.text(key) + ": there are no routes in routes/" + folder);
        }
        return routes;
    }

    private RouteBuilder drainedRoutes() {
        String name = settings.text(DRAIN);
        try {
            return DrainedRoutes.of(name, bundle.text(chosen(DRAIN, "queue")));
        } catch (IllegalArgumentException e) {
            throw new UserError(DRAIN + "=" + name + ": " + e.getMessage(), e);
        }
    }

    private String chosen(String key, String folder) {
        String name = settings.text(key);
        return bundle.route(folder + "/" + name + ".camel.yaml")
                .orElseThrow(() -> new UserError(key + "=" + name + ": there is no routes/" + folder + "/" + name
                        + ".camel.yaml; there are " + bundle.routeNames(folder)));
    }

    private void print(List<String> routes) {
        Map<String, String> shown =
                Map.of("{{sql}}", "sql/postgresql", "{{msgstore.write-mode}}", settings.text("msgstore.write-mode"));
        try {
            Flow flow = new FlowReader(settings.properties(), shown).read(routes);
            String drawing = command == Command.PRINT_ROUTES_AS_MERMAID ? FlowMermaid.draw(flow) : FlowText.draw(flow);
            // arrows, whatever the locale
            new PrintStream(System.out, true, StandardCharsets.UTF_8).print(drawing);
        } catch (Exception e) {
            LOG.debug("Can't read the routes", e);
            throw new UserError("can't read the routes: " + rootMessage(e), e);
        }
    }

    private boolean sendsCanaries() {
        return Canary.isOn(settings) && !endsByItself();
    }

    // the service may run beside it
    private boolean endsByItself() {
        return command == Command.REPLAY || command == Command.REPLAY_QUEUE || command == Command.DRAIN;
    }

    private boolean drains() {
        return settings.optional(DRAIN).isPresent()
                && (command == Command.RUN || command == Command.DEMO || command == Command.CHECK);
    }

    private boolean hasHttp() {
        return command == Command.RUN || command == Command.DEMO;
    }

    private boolean isTraced() {
        return settings.flag("msgstore.tracing");
    }

    private boolean hasConsole() {
        return command == Command.DEMO || command == Command.RUN && settings.flag("msgstore.console");
    }

    private void connect() {
        boolean demo = command == Command.DEMO;
        Path dataDirectory = settings.path("msgstore.data-dir");
        if (demo || settings.text("msgstore.dsn").equals(EMBEDDED)) {
            requireEmbeddedParts("msgstore.dsn");
            say("Starting PostgreSQL …");
            embeddedPostgres =
                    EmbeddedPostgres.start(dataDirectory, settings.number("msgstore.embedded.postgres-port"));
            database = database(embeddedPostgres.jdbcUrl(), Optional.of(EmbeddedPostgres.USER), Optional.empty());
        } else {
            Dsn dsn = Dsn.parse(
                    settings.text("msgstore.dsn"),
                    settings.text("msgstore.db.username"),
                    settings.text("msgstore.db.password"));
            database = database(dsn.jdbcUrl(), dsn.username(), dsn.password());
        }
        schema = new Schema(
                database.migrating(), bundle.sql("postgresql/migration"), settings.flag("msgstore.db.migrate"));
        schema.requireTimeZone(settings.text("msgstore.time-zone"));
        if (demo || settings.text("msgstore.mqtt.url").equals(EMBEDDED)) {
            if (endsByItself() || command == Command.CHECK) {
                brokerUrl = "tcp://127.0.0.1:" + settings.number("msgstore.embedded.mqtt-port");
            } else {
                requireEmbeddedParts("msgstore.mqtt.url");
                say("Starting the MQTT broker …");
                embeddedBroker = EmbeddedBroker.start(dataDirectory, settings.number("msgstore.embedded.mqtt-port"));
                brokerUrl = embeddedBroker.url();
            }
        } else {
            brokerUrl = settings.text("msgstore.mqtt.url");
        }
        httpPort = settings.number("msgstore.http.port");
        if (demo || httpPort == 0) {
            httpPort = Ports.free(httpHost, httpPort);
        }
    }

    private Database database(String url, Optional<String> username, Optional<String> password) {
        // its options may hold a user and a password
        databaseUrl = url.split("\\?", 2)[0];
        return new Database(
                url,
                username.orElse(null),
                password.orElse(null),
                settings.number("msgstore.db.pool-size"),
                settings.number("msgstore.db-timeout-ms"),
                meters);
    }

    private static void requireEmbeddedParts(String key) {
        try {
            Class.forName("org.tukaani.xz.XZInputStream");
        } catch (ClassNotFoundException e) {
            throw new UserError(key + "=" + EMBEDDED + ": this jar was built without embedded servers; set " + key, e);
        }
    }

    private void furnish(Main camel, Properties properties, PrometheusMeterRegistry registry, Accounting accounts) {
        // without a shutdown hook: ours stops Camel, and two would wait for each other
        camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
        camel.setDefaultPropertyPlaceholderLocation("false");
        camel.setOverrideProperties(properties);
        camel.bind(MicrometerConstants.METRICS_REGISTRY_NAME, registry);
        camel.configure()
                .addConfiguration(new Wiring(settings, brokerUrl, database, schema, registry, accounts, mappings));
    }

    // what edited routes are tried in
    private Main stage() {
        Properties properties = camelProperties();
        properties.keySet().removeIf(key -> key.toString().replace("-", "").equalsIgnoreCase("camel.main.autostartup"));
        properties.setProperty("camel.main.auto-startup", "false");
        properties.setProperty("camel.main.jmx-enabled", "false");
        properties.setProperty("camel.server.enabled", "false");
        properties.setProperty("camel.management.enabled", "false");
        properties.setProperty("camel.opentelemetry2.enabled", "false");
        Main stage = new Main();
        PrometheusMeterRegistry unread = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        furnish(stage, properties, unread, new Accounting(unread));
        stage.configure().withName("msgstore-rehearsal");
        return stage;
    }

    private synchronized void watchEdits() {
        if (stop.getCount() > 0) {
            hotEdits = new HotEdits(
                    main.getCamelContext(),
                    new HotEdits.Parts(
                            Path.of("").toAbsolutePath(),
                            this::routes,
                            bundle.sqlFolder().orElse(null),
                            this::stage,
                            database.patient(),
                            accounting::inFlight,
                            settings.text("msgstore.ack").equals("on-commit"),
                            Set.copyOf(STARTED_LAST)));
            hotEdits.start();
        }
    }

    private void bindTracing() {
        try {
            tracing = Tracing.start(Msgstore.version());
        } catch (ConfigurationException e) {
            throw new UserError("tracing: " + e.getMessage() + " (OTEL_… or -Dotel.…)", e);
        }
        main.bind("tracer", tracing.tracer());
        main.bind("tracePropagators", tracing.propagators());
    }

    private void startCamel(List<String> routes, Optional<RouteBuilder> drained) {
        furnish(main, camelProperties(), meters, accounting);
        main.bind("httpServers", new GuardedServers(settings));
        if (isTraced()) {
            bindTracing();
        }
        if (hasConsole()) {
            main.bind(Jolokia.NAME, new Jolokia());
        }
        main.configure().withName("msgstore").withRoutesIncludePattern(String.join(",", routes));
        drained.ifPresent(main.configure()::addRoutesBuilder);
        if (command == Command.CHECK) {
            main.configure().setAutoStartup(false);
        }
        // again: embedded servers take their time, and somebody else may be starting as well
        checkHttpPort();
        try {
            main.start();
            dismissNotifiers();
        } catch (Exception e) {
            LOG.debug("Can't start", e);
            throw new UserError("can't start: " + rootMessage(e), e);
        }
        String unheard = hasHttp() ? GuardedServers.problem(main.getCamelContext()) : null;
        if (unheard != null) {
            throw new UserError(HttpPort.problem(httpHost, httpPort, unheard));
        }
        VertxPlatformHttpRouter router = VertxPlatformHttpRouter.lookup(
                main.getCamelContext(), VertxPlatformHttpRouter.getRouterNameFromPort(httpPort));
        if (router != null) {
            Requests.check(router);
            Page.serve(router);
            if (hasConsole()) {
                Console.serve(router);
            }
        }
        for (String entrance : STAGE_ENTRANCES) {
            if (main.getCamelContext().getRoutes().stream()
                    .map(Route::getEndpoint)
                    .noneMatch(endpoint -> endpoint.getEndpointUri().equals(entrance))) {
                throw new UserError("no route starts from " + entrance.replace("//", "")
                        + ", so messages would get lost;" + " the routes are " + routes);
            }
        }
    }

    // Those that write a summary of the start; Camel would go on to ask each, at each step of a message, whether it
    // wants
    // to know of it.
    private void dismissNotifiers() {
        ManagementStrategy management = main.getCamelContext().getManagementStrategy();
        for (EventNotifier notifier : List.copyOf(management.getEventNotifiers())) {
            if (notifier.isIgnoreExchangeEvents()) {
                management.removeEventNotifier(notifier);
            }
        }
    }

    private Properties camelProperties() {
        Properties properties = settings.properties();
        properties.setProperty("sql", bundle.sql("postgresql"));
        properties.putAll(QueueWiring.properties(settings));
        if (sendsCanaries()) {
            properties.setProperty("canary.topic", Canary.topic(settings));
        }
        // the only content is a payload, perhaps indented; by default a server takes any amount, and writes files that
        // it is sent to disk
        properties.putIfAbsent(
                "camel.server.max-body-size",
                Integer.toString(65_536 + 2 * settings.number("msgstore.max-payload-bytes")));
        properties.putIfAbsent("camel.server.file-upload-enabled", "false");
        boolean http = hasHttp();
        for (String server : List.of("camel.server.", "camel.management.")) {
            properties.setProperty(server + "enabled", Boolean.toString(http));
            properties.setProperty(server + "host", httpHost);
            properties.setProperty(server + "port", Integer.toString(httpPort));
        }
        properties.setProperty("camel.management.jolokia-enabled", Boolean.toString(http && hasConsole()));
        properties.setProperty("camel.management.jolokia-path", Console.JOLOKIA);
        properties.setProperty("camel.opentelemetry2.enabled", Boolean.toString(isTraced()));
        if (hasConsole()) {
            properties.setProperty("camel.main.jmx-enabled", "true");
        }
        return properties;
    }

    private synchronized boolean startIntake() {
        if (stop.getCount() == 0) {
            return false;
        }
        receiving = true;
        CamelContext context = main.getCamelContext();
        for (String group : command == Command.DRAIN ? List.of(DEQUEUE) : STARTED_LAST) {
            for (Route route : context.getRoutes()) {
                if (group.equals(route.getGroup())) {
                    start(context, route);
                }
            }
        }
        if (command == Command.DRAIN) {
            return true;
        }
        summarize(context);
        LOG.info("Ready: messages from {}, HTTP at {}", Secrets.mask(brokerUrl), httpUrl());
        return true;
    }

    private static void start(CamelContext context, Route route) {
        try {
            context.getRouteController().startRoute(route.getRouteId());
        } catch (Exception e) {
            throw new UserError("can't start route " + route.getRouteId() + ": " + rootMessage(e), e);
        }
    }

    private void summarize(CamelContext context) {
        Map<String, Long> stages = new LinkedHashMap<>();
        context.getRoutes().forEach(route -> stages.merge(String.valueOf(route.getGroup()), 1L, Long::sum));
        LOG.info(
                "{} routes: {}",
                context.getRoutes().size(),
                stages.entrySet().stream()
                        .map(stage -> stage.getKey() + " " + stage.getValue())
                        .collect(Collectors.joining(", ")));
        LOG.info(
                "Broker {} as {}, topics {}; database {}",
                Secrets.mask(brokerUrl),
                settings.text("msgstore.mqtt.client-id"),
                settings.text("msgstore.mqtt.topics"),
                Secrets.mask(databaseUrl));
    }

    private void showDemo() throws InterruptedException {
        say("");
        say("publish   " + brokerUrl + "   topic devices/<name>/up, for example");
        say(
                "          mosquitto_pub -p " + embeddedBroker.port() + " -q 1 -t devices/me/up -m "
                        + "'{\"event\":\"gps\",\"terminal_id\":\"me\",\"ts\":1770602938,\"latitude\":48.2,\"longitude\":16.4}'");
        say("query     psql " + embeddedPostgres.psqlUrl() + " -c 'select * from gps_position_last'");
        say("page      " + httpUrl() + "/");
        say("metrics   " + httpUrl() + "/observe/metrics");
        say("health    " + httpUrl() + "/observe/health");
        say("console   " + httpUrl() + Console.PATH);
        say("stop      Ctrl-C");
        say("");
        QueueGate queue = main.getCamelContext().getRegistry().lookupByNameAndType("queueGate", QueueGate.class);
        long storedBefore = 0;
        while (!stop.await(1, TimeUnit.SECONDS)) {
            long stored = accounting.total(Outcome.STORED);
            say(String.format(
                    "received %,d  stored %,d  dead %,d  queue %,d  rate %,d/s",
                    accounting.received(),
                    stored,
                    accounting.total(Outcome.DEAD),
                    queue.length(),
                    stored - storedBefore));
            storedBefore = stored;
        }
    }

    private String httpUrl() {
        return "http://" + httpHost + ":" + httpPort;
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private static String rootMessage(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return Secrets.mask(String.valueOf(cause.getMessage()));
    }

    /** The exit code of a stop by signal: not 0 where a script would take a queue for empty that is not. */
    int codeWhenStopped() {
        return command == Command.DRAIN || command == Command.REPLAY_QUEUE ? 1 : 0;
    }

    /** Whether {@link #close()} has not finished. */
    boolean isOpen() {
        return closed.getCount() > 0;
    }

    /**
     * Stops the intake, finishes what is in hand within {@code msgstore.stop-timeout}, and leaves nothing running. What is
     * not finished by then is not acknowledged. A start that is under way comes to its end first.
     */
    @Override
    public void close() {
        stop.countDown();
        if (!closing.compareAndSet(false, true)) {
            awaitClosed();
            return;
        }
        try {
            stopAll();
        } finally {
            closed.countDown();
        }
    }

    private synchronized void stopAll() {
        // asked before the connections are gone
        String fate = fateOfTheRest();
        StopReport report = receiving ? new StopReport(accounting, stopTimeout) : null;
        if (schema != null) {
            schema.stop();
        }
        quietly("hot edits", hotEdits);
        quietly("Camel", this::stopCamel);
        quietly("tracing", tracing);
        if (report != null) {
            report.waited();
        }
        quietly("the connections", database);
        quietly("the broker", embeddedBroker);
        quietly("PostgreSQL", embeddedPostgres);
        if (report != null) {
            report.stopped(fate);
        } else {
            LOG.info("Stopped");
        }
    }

    private String fateOfTheRest() {
        if (command == Command.DRAIN || command == Command.REPLAY_QUEUE) {
            return "stay in the queue";
        }
        if (!settings.text("msgstore.queue").equals(QueueWiring.MEMORY)) {
            return "stay in the queue or with the broker";
        }
        boolean acknowledged = !settings.text("msgstore.ack").equals("on-commit");
        if (!acknowledged && !isKeptByTheBroker()) {
            return "are lost, because the broker keeps none (QoS 0, or no session)";
        }
        if (drains()) {
            return acknowledged
                    ? "stay in the queue, or are lost where they were acknowledged on enqueue"
                    : "stay in the queue or with the broker";
        }
        return acknowledged ? "are lost, because they were acknowledged on enqueue" : "stay with the broker";
    }

    private boolean isKeptByTheBroker() {
        CamelContext context = main.getCamelContext();
        return context == null || !(context.hasComponent("paho-mqtt5") instanceof MqttComponent mqtt) || mqtt.isKept();
    }

    private void stopCamel() throws InterruptedException {
        CamelContext context = main.getCamelContext();
        if (context != null) {
            ShutdownStrategy strategy = context.getShutdownStrategy();
            strategy.setTimeUnit(TimeUnit.MILLISECONDS);
            strategy.setTimeout(stopTimeout.toMillis());
            // thousands of lines; the report says how many
            strategy.setLogInflightExchangesOnTimeout(false);
        }
        // not on this thread: past its own time-out Camel still waits, without an end, for a worker that hangs
        Thread stopping = new Thread(() -> quietly("Camel", main::stop), "stop-camel");
        stopping.setDaemon(true);
        stopping.start();
        stopping.join(stopTimeout.plus(FORCED_STOP).toMillis());
    }

    /**
     * Leaves at once: what is not acknowledged stays with the broker. Only an embedded PostgreSQL
     * has to be ended, because it would outlive us.
     *
     * @param why what makes us leave
     */
    void abandon(String why) {
        LOG.warn("{} again: leaving at once; {} messages in flight {}", why, accounting.inFlight(), fateOfTheRest());
        killPostgres();
    }

    private void killPostgres() {
        EmbeddedPostgres server = embeddedPostgres;
        if (server != null) {
            server.kill();
        }
    }

    /** Ends the process, which has run out of memory, at once, as {@link #abandon}. */
    void outOfMemory(OutOfMemoryError error) {
        try {
            System.err.println("msgstore: out of memory (" + error.getMessage() + "): leaving at once; "
                    + accounting.inFlight() + " messages in flight " + fateOfTheRest()
                    + ". More heap (-Xmx) or a smaller msgstore.max-in-flight-bytes helps.");
            killPostgres();
        } finally {
            Runtime.getRuntime().halt(Vitals.OUT_OF_MEMORY);
        }
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void quietly(String what, AutoCloseable part) {
        if (part == null) {
            return;
        }
        try {
            part.close();
        } catch (Exception e) {
            LOG.error("Can't stop {}", what, e);
        }
    }
}
