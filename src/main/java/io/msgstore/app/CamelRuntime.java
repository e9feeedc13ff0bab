/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import org.apache.camel.CamelConfiguration;
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
import org.apache.logging.log4j.core.util.Throwables;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.DeviceStore;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.devices.queue.QueueGate;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.api.Page;
import io.msgstore.platform.api.Requests;
import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.console.Console;
import io.msgstore.platform.console.Jolokia;
import io.msgstore.platform.contract.RouteGroups;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.database.DatabaseHealth;
import io.msgstore.platform.database.Preflight;
import io.msgstore.platform.database.SqlAccess;
import io.msgstore.platform.flow.Nodes;
import io.msgstore.platform.http.GuardedServers;
import io.msgstore.platform.log.RecentErrors;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.tracing.Tracing;

/** Camel with the routes, the beans that they name, the HTTP server and tracing. */
final class CamelRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(CamelRuntime.class);

    private final Plan plan;
    private final Backends backends;
    private final HttpPort http;
    private final CamelProperties properties;
    private final PrometheusMeterRegistry meters;
    private final Accounting accounting;
    private final RecentErrors errors = RecentErrors.listening();
    private final Main main = new Main();

    private Preflight preflight;
    private Tracing tracing;

    CamelRuntime(
            Plan plan,
            Backends backends,
            HttpPort http,
            CamelProperties properties,
            PrometheusMeterRegistry meters,
            Accounting accounting) {
        this.plan = plan;
        this.backends = backends;
        this.http = http;
        this.properties = properties;
        this.meters = meters;
        this.accounting = accounting;
    }

    /**
     * Starts everything but the routes of {@link RouteGroups#STARTED_LAST}; for {@code --check} no route at all.
     *
     * @param files locations of the route files
     * @param further routes that are made by the start
     * @throws UserError when Camel, a route or the HTTP server can't start
     */
    void start(List<String> files, List<RouteBuilder> further) {
        furnish(main, properties.all(), meters, accounting);
        main.bind("httpServers", new GuardedServers(plan.settings()));
        if (plan.isTraced()) {
            bindTracing();
        }
        if (plan.hasConsole()) {
            main.bind(Jolokia.NAME, new Jolokia());
        }
        main.configure().withName("msgstore").withRoutesIncludePattern(String.join(",", files));
        further.forEach(main.configure()::addRoutesBuilder);
        if (plan.command() == Command.CHECK) {
            main.configure().setAutoStartup(false);
        }
        // again: another program may have taken the port while the embedded servers started
        http.check();
        try {
            main.start();
            dismissNotifiers();
        } catch (Exception e) {
            LOG.debug("Can't start", e);
            throw new UserError("can't start: " + rootMessage(e), e);
        }
        Nodes.mistake(context())
                .filter(mistake -> plan.command() != Command.CHECK)
                .ifPresent(mistake -> {
                    throw new UserError("can't start: " + mistake);
                });
        serve();
        if (plan.hasStore()) {
            requireEntrances(files);
        }
    }

    private void furnish(Main camel, Properties initial, PrometheusMeterRegistry registry, Accounting accounts) {
        // without a shutdown hook: ours stops Camel, and two would wait for each other
        camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
        camel.setDefaultPropertyPlaceholderLocation("false");
        camel.setOverrideProperties(initial);
        camel.bind(MicrometerConstants.METRICS_REGISTRY_NAME, registry);
        // a lambda would be no Camel configuration to Camel
        camel.configure().addConfiguration(new CamelConfiguration() {
            @Override
            public void configure(CamelContext context) {
                bind(new Platform(
                        context,
                        plan.settings(),
                        accounts,
                        registry,
                        sql(context),
                        backends.brokerUrl(),
                        Version.get()));
            }
        });
    }

    private SqlAccess sql(CamelContext context) {
        Database database = backends.database();
        if (database == null) {
            return null;
        }
        Preflight asked = new Preflight(database, context, plan.settings().directory());
        if (preflight == null) {
            preflight = asked;
        }
        return new SqlAccess(
                database, backends.schema(), asked, new DatabaseHealth(database, backends.schema(), asked));
    }

    private void bind(Platform platform) {
        PlatformBeans common = new PlatformBeans(platform);
        common.bind(errors);
        plan.modules().list().forEach(module -> module.bind(platform));
        common.meters();
    }

    private void bindTracing() {
        try {
            tracing = Tracing.start(Version.get());
        } catch (ConfigurationException e) {
            throw new UserError("tracing: " + e.getMessage() + " (OTEL_… or -Dotel.…)", e);
        }
        main.bind("tracer", tracing.tracer());
        main.bind("tracePropagators", tracing.propagators());
    }

    // Those that write a summary of the start. Camel would go on to ask each, at each step of a message, whether it
    // wants to know of it.
    private void dismissNotifiers() {
        ManagementStrategy management = context().getManagementStrategy();
        for (EventNotifier notifier : List.copyOf(management.getEventNotifiers())) {
            if (notifier.isIgnoreExchangeEvents()) {
                management.removeEventNotifier(notifier);
            }
        }
    }

    /** What is served over HTTP beside the routes: the operator's page, descriptions of APIs and the console. */
    private void serve() {
        String unheard = plan.command().isService() ? GuardedServers.problem(context()) : null;
        if (unheard != null) {
            throw new UserError(http.problem(unheard));
        }
        VertxPlatformHttpRouter router =
                VertxPlatformHttpRouter.lookup(context(), VertxPlatformHttpRouter.getRouterNameFromPort(http.port()));
        if (router == null) {
            return;
        }
        Requests.check(router);
        Map<String, Class<?>> files = new LinkedHashMap<>();
        plan.modules().list().forEach(module -> files.put(module.name(), module.getClass()));
        Page.serve(router, files);
        if (plan.hasStore()) {
            Page.describe(router, "/api/v1/openapi.json", DeviceStore.class);
        }
        if (plan.hasConsole()) {
            Console.serve(router);
        }
    }

    private void requireEntrances(List<String> files) {
        for (String entrance : DeviceStore.ENTRANCES) {
            if (context().getRoutes().stream().map(Route::getEndpoint).noneMatch(endpoint -> endpoint.getEndpointUri()
                    .equals(entrance))) {
                throw new UserError("no route starts from " + entrance.replace("//", "")
                        + ", so messages would get lost;" + " the routes are " + files);
            }
        }
    }

    /** Another Camel with the same beans, which starts nothing: what edited routes are tried in. */
    Main stage() {
        Main stage = new Main();
        PrometheusMeterRegistry unread = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        furnish(stage, properties.ofStage(), unread, new Accounting(unread));
        stage.configure().withName("msgstore-rehearsal");
        return stage;
    }

    CamelContext context() {
        return main.getCamelContext();
    }

    /** Null where there is no database. */
    Preflight preflight() {
        return preflight;
    }

    /** Messages that wait in the queue. */
    int queueLength() {
        return context()
                .getRegistry()
                .lookupByNameAndType("queueGate", QueueGate.class)
                .length();
    }

    /** Whether the broker keeps what is not acknowledged. */
    boolean isKeptByTheBroker() {
        CamelContext context = context();
        return context == null || !(context.hasComponent("paho-mqtt5") instanceof MqttComponent mqtt) || mqtt.isKept();
    }

    /**
     * Starts the routes of these groups, one group after the other.
     *
     * @throws UserError when one does not start
     */
    void startRoutes(List<String> groups) {
        for (String group : groups) {
            for (Route route : context().getRoutes()) {
                if (group.equals(route.getGroup())) {
                    start(route);
                }
            }
        }
    }

    private void start(Route route) {
        try {
            context().getRouteController().startRoute(route.getRouteId());
        } catch (Exception e) {
            throw new UserError("can't start route " + route.getRouteId() + ": " + rootMessage(e), e);
        }
    }

    /** Says in the log how many routes there are, by group. */
    void summarize() {
        Map<String, Long> groups = new LinkedHashMap<>();
        context().getRoutes().forEach(route -> groups.merge(String.valueOf(route.getGroup()), 1L, Long::sum));
        LOG.info(
                "{} routes: {}",
                context().getRoutes().size(),
                groups.entrySet().stream()
                        .map(group -> group.getKey() + " " + group.getValue())
                        .collect(Collectors.joining(", ")));
    }

    /**
     * Stops the routes in good order, then what did not finish, the connection to the broker first.
     *
     * @param patience for what is in flight
     * @param force for Camel to stop what did not finish by then
     */
    void stop(Duration patience, Duration force) throws InterruptedException {
        CamelContext context = context();
        if (context != null) {
            ShutdownStrategy strategy = context.getShutdownStrategy();
            strategy.setTimeUnit(TimeUnit.MILLISECONDS);
            strategy.setTimeout(patience.toMillis());
            // thousands of lines; the report says how many
            strategy.setLogInflightExchangesOnTimeout(false);
        }
        // not on this thread: past its own time-out Camel still waits, without an end, for a worker that hangs
        Thread stopping = new Thread(() -> Backends.quietly("Camel", main::stop), "stop-camel");
        stopping.setDaemon(true);
        stopping.start();
        stopping.join(patience.plus(force).toMillis());
    }

    /** After {@link #stop}: sends the spans that are left, and listens to the log no more. */
    void close() {
        Backends.quietly("tracing", tracing);
        errors.close();
    }

    /** What is at the bottom of an error, without secrets. */
    static String rootMessage(Throwable error) {
        return Secrets.mask(String.valueOf(Throwables.getRootCause(error).getMessage()));
    }
}
