/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.apache.camel.builder.RouteBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.contract.RouteGroups;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.dev.HotEdits;
import io.msgstore.platform.embedded.EmbeddedException;
import io.msgstore.platform.flow.Flow;
import io.msgstore.platform.flow.FlowMermaid;
import io.msgstore.platform.flow.FlowReader;
import io.msgstore.platform.flow.FlowText;
import io.msgstore.platform.module.Start;

/**
 * One running msgstore: embedded servers where they are wanted, the connections, and Camel with the routes. The intake
 * starts last, when the schema is there, and stops first.
 */
final class Service implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final Settings settings;
    private final Options options;
    private final Command command;
    private final Path directory;
    private final PrintStream out;
    private final Plan plan;
    private final Bundle bundle;
    private final Start start;
    private final HttpPort http;
    private final Backends backends;
    private final Accounting accounting;
    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CamelRuntime camel;
    private final Shutdown shutdown;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();

    private FutureTask<Boolean> prepared;
    private boolean receiving;
    private HotEdits hotEdits;

    /**
     * @param modules that are there
     * @param directory where {@code routes/} and {@code sql/} may be, absolute
     * @param out where commands print
     */
    Service(Modules modules, Settings settings, Options options, Path directory, PrintStream out) {
        this.settings = settings;
        this.options = options;
        this.command = options.command();
        this.directory = directory;
        this.out = out;
        plan = new Plan(settings, command, modules.on(settings));
        bundle = new Bundle(directory);
        start = plan.start(bundle);
        http = new HttpPort(plan);
        backends = new Backends(plan, out);
        accounting = new Accounting(meters);
        camel = new CamelRuntime(plan, backends, http, new CamelProperties(plan, bundle, http), meters, accounting);
        shutdown = new Shutdown(plan, camel, backends, accounting);
    }

    /**
     * Runs until stopped, or until the command is done.
     *
     * @return whether all went well
     * @throws UserError when the user has something to put right
     */
    boolean run() {
        if (command.endsByItself() && !plan.hasStore()) {
            throw new UserError(Modules.KEY + "=" + settings.text(Modules.KEY)
                    + ": the device store is off, and with it what this command works through");
        }
        List<String> routes = routes();
        if (options.dev() && routes.stream().noneMatch(route -> route.startsWith("file:"))) {
            throw new UserError("--dev: no route comes from a folder routes/ here, so all routes are those in a jar;"
                    + " copy routes/ and sql/ into the working directory (of a module of your own: routes/<name> and"
                    + " sql/<database>/<name>), and edit them there");
        }
        List<RouteBuilder> further = plan.modules().list().stream()
                .flatMap(module -> module.furtherRoutes(start).stream())
                .toList();
        if (command == Command.REPLAY_QUEUE) {
            DeviceStore.requireReplayable(start);
            ReplayQueue.check(options.from());
        }
        if (command.printsRoutes()) {
            print(routes);
            return true;
        }
        plan.modules().list().forEach(module -> module.prepare(start, routes));
        LOG.info("msgstore {}", Version.get());
        settings.changes().forEach(LOG::info);
        try {
            return !begin(routes, further) || execute();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } catch (EmbeddedException | UncheckedIOException e) {
            throw new UserError(e.getMessage(), e);
        }
    }

    private void print(List<String> routes) {
        Map<String, String> shown =
                Map.of("{{sql}}", "sql/postgresql", "{{msgstore.write-mode}}", settings.text("msgstore.write-mode"));
        try {
            Flow flow = new FlowReader(settings.properties(), shown).read(routes);
            // arrows, whatever the locale
            new PrintStream(out, true, StandardCharsets.UTF_8)
                    .print(command == Command.PRINT_ROUTES ? FlowText.draw(flow) : FlowMermaid.draw(flow));
        } catch (Exception e) {
            LOG.debug("Can't read the routes", e);
            throw new UserError("can't read the routes: " + CamelRuntime.rootMessage(e), e);
        }
    }

    /** As the folders are now. */
    private List<String> routes() {
        Stream<String> common = command.endsByItself() ? Stream.empty() : bundle.platformRoutes().stream();
        return Stream.concat(plan.modules().list().stream().flatMap(module -> module.routes(start).stream()), common)
                .toList();
    }

    // close() has the same lock, so that a stop finds either all of it or nothing
    private synchronized boolean begin(List<String> routes, List<RouteBuilder> further) {
        if (stop.getCount() == 0) {
            return false;
        }
        http.check();
        backends.open(bundle, meters);
        http.choose();
        if (command != Command.CHECK && backends.schema() != null) {
            // beside Camel's start: each of them takes a second or more
            prepared = new FutureTask<>(backends.schema()::await);
            Thread preparing = new Thread(prepared, "schema");
            preparing.setDaemon(true);
            preparing.start();
        }
        // the servers take seconds to start, and a JVM that is ending takes no more shutdown hooks, of which Vert.x has
        // one
        if (stop.getCount() == 0) {
            return false;
        }
        camel.start(routes, further);
        return true;
    }

    private boolean execute() throws InterruptedException {
        if (command == Command.CHECK) {
            return new Check(plan, camel.context(), backends, camel.preflight(), out).run();
        }
        if (prepared != null) {
            if (!await(prepared)) {
                return true;
            }
            camel.preflight().start();
        }
        switch (command) {
            case REPLAY -> {
                return new ReplayDeadLetters(camel.context(), stop, out).run();
            }
            case REPLAY_QUEUE -> {
                return new ReplayQueue(camel.context(), accounting, settings, options.from(), stop, out).run();
            }
            case DRAIN -> {
                return !startRoutes(List.of(RouteGroups.DEQUEUE))
                        || new Drain(camel.context(), accounting, settings.text("msgstore.queue"), stop, out).run();
            }
            default -> {
                if (startRoutes(RouteGroups.STARTED_LAST)) {
                    serve();
                }
                return true;
            }
        }
    }

    private static boolean await(Future<Boolean> prepared) throws InterruptedException {
        try {
            return prepared.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        }
    }

    private synchronized boolean startRoutes(List<String> groups) {
        if (stop.getCount() == 0) {
            return false;
        }
        receiving = plan.hasStore();
        camel.startRoutes(groups);
        return true;
    }

    private void serve() throws InterruptedException {
        camel.summarize();
        if (plan.hasStore()) {
            LOG.info(
                    "Broker {} as {}, topics {}; database {}",
                    Secrets.mask(backends.brokerUrl()),
                    settings.text("msgstore.mqtt.client-id"),
                    settings.text("msgstore.mqtt.topics"),
                    Secrets.mask(backends.databaseUrl()));
            LOG.info("Ready: messages from {}, HTTP at {}", Secrets.mask(backends.brokerUrl()), http.url());
        } else {
            LOG.info("Ready: modules {}, HTTP at {}", settings.text(Modules.KEY), http.url());
        }
        if (options.dev()) {
            watchEdits();
        }
        if (command == Command.DEMO) {
            new DemoScreen(plan, out, backends, http, accounting, camel::queueLength).show(stop);
        }
        stop.await();
    }

    private synchronized void watchEdits() {
        if (stop.getCount() > 0) {
            Database database = backends.database();
            hotEdits = new HotEdits(
                    camel.context(),
                    new HotEdits.Parts(
                            directory,
                            this::routes,
                            database == null ? null : bundle.sqlFolder().orElse(null),
                            camel::stage,
                            database == null ? null : database.patient(),
                            accounting::inFlight,
                            plan.acknowledgesOnCommit(),
                            Set.copyOf(RouteGroups.STARTED_LAST)));
            hotEdits.start();
        }
    }

    /** The exit code of a stop by signal: not 0 where a script would take a queue for empty that is not. */
    int codeWhenStopped() {
        return command.emptiesQueue() ? 1 : 0;
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
        try {
            shutdown.run(receiving, hotEdits);
        } finally {
            // Camel leaves the listener of jvm-gc with the collector, and with it these meters and all that they
            // measure
            meters.clear();
        }
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What to do when {@link #close} takes too long, or can't be waited for. */
    Shutdown shutdown() {
        return shutdown;
    }
}
