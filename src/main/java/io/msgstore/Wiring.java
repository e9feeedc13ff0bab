/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.sun.management.OperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;
import org.apache.camel.spi.Registry;

import io.msgstore.accounting.Accounting;
import io.msgstore.accounting.Outcome;
import io.msgstore.api.Answer;
import io.msgstore.api.Correction;
import io.msgstore.api.DeadLetterQuery;
import io.msgstore.api.Problem;
import io.msgstore.api.Replays;
import io.msgstore.api.RouteFiles;
import io.msgstore.canary.Canary;
import io.msgstore.canary.CanaryHealth;
import io.msgstore.config.Settings;
import io.msgstore.contract.Headers;
import io.msgstore.contract.Parameters;
import io.msgstore.database.Database;
import io.msgstore.database.DatabaseHealth;
import io.msgstore.database.Preflight;
import io.msgstore.database.Schema;
import io.msgstore.database.StatementComponent;
import io.msgstore.direct.LiveDirectComponent;
import io.msgstore.failure.DeadLetter;
import io.msgstore.failure.Failures;
import io.msgstore.failure.Isolation;
import io.msgstore.failure.Replay;
import io.msgstore.failure.SpoolBatches;
import io.msgstore.intake.Filters;
import io.msgstore.intake.InFlightBytes;
import io.msgstore.intake.MqttComponent;
import io.msgstore.intake.MqttHealth;
import io.msgstore.intake.ReceiveMqtt;
import io.msgstore.intake.Tls;
import io.msgstore.mapping.MakeMessages;
import io.msgstore.mapping.Mappings;
import io.msgstore.metrics.FailureMeters;
import io.msgstore.metrics.RouteMeters;
import io.msgstore.metrics.StateMeters;
import io.msgstore.queue.Bottleneck;
import io.msgstore.queue.QueueGate;
import io.msgstore.queue.QueueHealth;
import io.msgstore.status.DatabaseWatch;
import io.msgstore.status.Observer;
import io.msgstore.status.RecentErrors;
import io.msgstore.store.BatchComponent;
import io.msgstore.store.ReadEvent;
import io.msgstore.store.StatementLocks;
import io.msgstore.store.Statements;
import io.msgstore.store.Stored;
import io.msgstore.vitals.ProcessHealth;

/** Binds under its name everything that the routes refer to. */
final class Wiring implements CamelConfiguration {
    /** Name of the {@link Preflight}. */
    static final String PREFLIGHT = "preflight";

    private static final String CANARIES = "batch:canary";

    private final Settings settings;
    private final String brokerUrl;
    private final Database database;
    private final Schema schema;
    private final MeterRegistry meters;
    private final Accounting accounting;
    private final Mappings mappings;
    private final InFlightBytes inFlightBytes;
    private final RecentErrors errors = RecentErrors.listening();

    /** @param brokerUrl one URL, or several separated by commas for failover */
    Wiring(
            Settings settings,
            String brokerUrl,
            Database database,
            Schema schema,
            MeterRegistry meters,
            Accounting accounting,
            Mappings mappings) {
        this.settings = settings;
        this.brokerUrl = brokerUrl;
        this.database = database;
        this.schema = schema;
        this.meters = meters;
        this.accounting = accounting;
        this.mappings = mappings;
        this.inFlightBytes = new InFlightBytes(QueueWiring.receivedBytes(settings));
    }

    @Override
    public void configure(CamelContext context) {
        Registry registry = context.getRegistry();
        accounting.expect(Outcome.FILTERED, "topic", "user", "client", "retained", "mapping");
        accounting.expect(Outcome.DROPPED, "queue-full");
        accounting.expect(Outcome.DEAD, DeadLetter.REASONS);
        registry.bind("direct", new LiveDirectComponent());
        MqttComponent mqtt = intake(context);
        QueueWiring queue = queue(context);
        Stored stored = new Stored();
        Statements statements = store(context, stored);
        Bottleneck bottleneck = bottleneck(registry, statements, queue);
        failure(registry, new Isolation(stored, statements));
        api(registry, new RouteFiles(context));
        Canary canary = canary(context, accounting, mqtt);
        Preflight preflight = new Preflight(database, context, Canary.isOn(settings) ? Set.of() : Set.of(CANARIES));
        registry.bind(PREFLIGHT, preflight);
        DatabaseWatch watch = new DatabaseWatch(database, schema, preflight, statements);
        status(registry, queue, mqtt, watch, bottleneck, canary);
        Gauge.builder("msgstore.mqtt.connected", mqtt, MqttComponent::connected)
                .description("MQTT connections that are up and subscribed")
                .register(meters);
        Gauge.builder("msgstore.mqtt.degraded", mqtt, component -> component.shortfall() == null ? 0 : 1)
                .description("1 while the broker grants less than was asked for, so that messages may be lost")
                .register(meters);
        FunctionCounter.builder("msgstore.mqtt.session.lost", mqtt, MqttComponent::sessionsLost)
                .description("Sessions that the broker had forgotten when we came back: messages may be missing")
                .register(meters);
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        HealthCheck asked = new DatabaseHealth(database, schema, preflight, statements::lastError);
        health.register(asked);
        health.register(new MqttHealth(mqtt));
        health.register(new ProcessHealth());
        if (queue.isDurable()) {
            health.register(new QueueHealth(queue.state()));
        }
        meters(context, health, asked, watch);
    }

    private void meters(CamelContext context, HealthCheckRegistry health, HealthCheck database, DatabaseWatch watch) {
        StateMeters state = new StateMeters(meters);
        state.build(Msgstore.version(), context.getVersion());
        state.receiveMaximum(settings.number("msgstore.mqtt.receive-maximum"));
        state.inFlightBytes(inFlightBytes);
        health.stream()
                .filter(check -> check.getGroup().equals("msgstore") && check != database)
                .forEach(state::health);
        // a scrape does not wait for the database
        state.health(database.getId(), watch::isUp);
        context.addRoutePolicyFactory(new RouteMeters(meters));
        context.addRoutePolicyFactory(new FailureMeters(meters));
    }

    private MqttComponent intake(CamelContext context) {
        Registry registry = context.getRegistry();
        MqttComponent mqtt = new MqttComponent();
        mqtt.setCamelContext(context);
        PahoMqtt5Configuration configuration = mqtt.getConfiguration();
        String[] urls = brokerUrl.split(",");
        configuration.setBrokerUrl(urls[0].trim());
        if (urls.length > 1) {
            configuration.setServerURIs(
                    String.join(",", List.of(urls).stream().map(String::trim).toList()));
        }
        configuration.setClientId(settings.text("msgstore.mqtt.client-id"));
        settings.optional("msgstore.mqtt.username").ifPresent(configuration::setUserName);
        settings.optional("msgstore.mqtt.password").ifPresent(configuration::setPassword);
        configuration.setQos(settings.number("msgstore.mqtt.qos"));
        // Paho's 30 and 60 s: too long to sit before a broker that a network has swallowed
        configuration.setConnectionTimeout(10);
        configuration.setKeepAliveInterval(30);
        boolean ownTls = settings.optional("msgstore.mqtt.tls.truststore").isPresent()
                || settings.optional("msgstore.mqtt.tls.keystore").isPresent();
        if (ownTls) {
            configuration.setSocketFactory(Tls.socketFactory(
                    file("msgstore.mqtt.tls.truststore"),
                    settings.text("msgstore.mqtt.tls.truststore-password"),
                    file("msgstore.mqtt.tls.keystore"),
                    settings.text("msgstore.mqtt.tls.keystore-password")));
        }
        mqtt.setConsumers(settings.number("msgstore.mqtt.consumers"));
        settings.optional("msgstore.mqtt.share-group").ifPresent(mqtt::setShareGroup);
        mqtt.setSessionExpirySeconds(
                settings.duration("msgstore.mqtt.session-expiry").toSeconds());
        // shared out: together the connections must not have more in flight than the queue holds
        mqtt.setReceiveMaximum(Math.max(1, settings.number("msgstore.mqtt.receive-maximum") / mqtt.getConsumers()));
        mqtt.setInFlightBytes(inFlightBytes);
        mqtt.setMaxPayloadBytes(settings.number("msgstore.max-payload-bytes"));
        mqtt.setEnoughInFlight(enoughInFlight() / mqtt.getConsumers());
        mqtt.setSessionFolder(settings.path("msgstore.data-dir").resolve("mqtt"));
        mqtt.setRetainedWanted(settings.flag("msgstore.include-retained"));
        mqtt.setTraced(settings.flag("msgstore.tracing"));
        mqtt.setAcknowledgeOnEnqueue(settings.text("msgstore.ack").equals("on-enqueue"));
        registry.bind("paho-mqtt5", mqtt);

        registry.bind(
                "receiveMqtt",
                new ReceiveMqtt(
                        accounting,
                        settings.number("msgstore.max-payload-bytes"),
                        settings.flag("msgstore.debug"),
                        settings.flag("msgstore.tracing")));
        Filters filters = new Filters(
                settings.list("msgstore.include-topics"),
                settings.list("msgstore.exclude-topics"),
                settings.list("msgstore.include-users"),
                settings.list("msgstore.exclude-users"),
                settings.list("msgstore.include-clients"),
                settings.list("msgstore.exclude-clients"),
                settings.flag("msgstore.include-retained"));
        registry.bind("excludedTopic", filters.topic());
        registry.bind("excludedUser", filters.user());
        registry.bind("excludedClient", filters.client());
        registry.bind("excludedRetained", filters.retained());
        registry.bind("filteredByTopic", accounting.step(Outcome.FILTERED, exchange -> "topic"));
        registry.bind("filteredByUser", accounting.step(Outcome.FILTERED, exchange -> "user"));
        registry.bind("filteredByClient", accounting.step(Outcome.FILTERED, exchange -> "client"));
        registry.bind("filteredByRetained", accounting.step(Outcome.FILTERED, exchange -> "retained"));
        return mqtt;
    }

    // for each worker a batch, and one that fills meanwhile; small ones still go through the stages in numbers
    private int enoughInFlight() {
        return Math.max(1000, (settings.number("msgstore.workers") + 1) * settings.number("msgstore.batch-size"));
    }

    private String file(String key) {
        return settings.optional(key).isPresent() ? settings.path(key).toString() : null;
    }

    private QueueWiring queue(CamelContext context) {
        return new QueueWiring(settings, accounting, meters).bind(context);
    }

    private Bottleneck bottleneck(Registry registry, Statements statements, QueueWiring queue) {
        QueueGate gate = registry.lookupByNameAndType("queueGate", QueueGate.class);
        OperatingSystemMXBean machine = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        Bottleneck.Limits limits = new Bottleneck.Limits(
                gate.capacity(),
                settings.number("msgstore.mqtt.receive-maximum"),
                enoughInFlight(),
                inFlightBytes.limit(),
                settings.number("msgstore.workers"),
                settings.number("msgstore.batch-size"));
        Bottleneck bottleneck = new Bottleneck(
                limits,
                () -> new Bottleneck.Look(
                        System.nanoTime(),
                        accounting.received(),
                        // behind a durable queue it says nothing about the broker: batches go in and out
                        queue.takesFromDurable() ? 0 : accounting.takePeakInFlight(),
                        gate.length(),
                        statements.totalMillis(),
                        machine.getCpuLoad(),
                        machine.getProcessCpuLoad(),
                        inFlightBytes.isFull(),
                        statements.lastError() != null));
        registry.bind("sayBottleneck", bottleneck);
        return bottleneck;
    }

    private boolean holds() {
        return settings.text("msgstore.on-outage").equals("hold");
    }

    private Statements store(CamelContext context, Stored stored) {
        Registry registry = context.getRegistry();
        // whoever gives up on an outage wants to know it after msgstore.db-timeout-ms, also of a single message
        StatementLocks locks = new StatementLocks();
        registry.bind("noOtherStatement", locks);
        Statements statements =
                new Statements(meters, accounting, holds() ? database::patience : patience -> {}, locks);
        registry.bind("statements", statements);
        context.getCamelContextExtension().addInterceptStrategy(statements);
        BatchComponent batch = new BatchComponent(accounting);
        batch.setVariables(Map.of(
                Parameters.TIME_ZONE, settings.text("msgstore.time-zone"),
                Parameters.MAX_FUTURE, settings.text("msgstore.time.max-future")));
        registry.bind("batch", batch);
        registry.bind("readEvent", new ReadEvent(mappings));
        MakeMessages messages = new MakeMessages(mappings, accounting);
        registry.bind("makeMessages", (Processor) messages::make);
        registry.bind("takePart", (Processor) messages::take);
        registry.bind("filteredByMapping", accounting.step(Outcome.FILTERED, exchange -> "mapping"));
        registry.bind("stored", stored);
        registry.bind("ignored", accounting.step(Outcome.IGNORED, exchange -> exchange.getMessage()
                .getHeader(Headers.EVENT, String.class)));
        // a sender may make up any number of events: they don't become a metric each
        registry.bind("ignoredUnknown", accounting.step(Outcome.IGNORED, exchange -> "unknown"));
        StatementComponent sql = new StatementComponent();
        sql.setDataSource(database.store());
        registry.bind("sql", sql);
        registry.bind("patientDataSource", database.patient());
        registry.bind("slowDataSource", database.slow());
        registry.bind("isolationDataSource", database.isolation());
        registry.bind("replayDataSource", database.replay());
        registry.bind("readingDataSource", database.reading());
        return statements;
    }

    private void failure(Registry registry, Isolation isolation) {
        Failures failures = new Failures(holds(), settings.list("msgstore.mqtt.topics"));
        registry.bind("badData", Failures.badData());
        registry.bind("refused", failures.refused());
        registry.bind("isolationPossible", isolation.possible());
        registry.bind("isolationMissing", isolation.functionMissing());
        registry.bind("isolationTooSlow", isolation.tooSlow());
        registry.bind("isolationBegin", (Processor) isolation::begin);
        registry.bind("isolationEnd", (Processor) isolation::end);
        registry.bind("isolationWaits", (Processor) isolation::waits);
        registry.bind("isolationLeave", (Processor) isolation::leave);
        registry.bind("refusedMessage", (Processor) isolation::message);
        registry.bind("tooSlow", failures.tooSlow());
        registry.bind("held", failures.held());
        registry.bind("rawAlready", failures.rawAlready());
        registry.bind("failedMessage", (Processor) failures::failedMessage);
        registry.bind("describeDeadLetter", (Processor) failures::describe);
        registry.bind("rawDeadLetter", (Processor) failures::asBytes);
        registry.bind("dead", (Processor) failures::dead);
        registry.bind("spoolBatches", new SpoolBatches());
        registry.bind("spooledBatch", (Processor) failures::spooledBatch);
        registry.bind("spooledBytes", (Processor) failures::spooledBytes);
        registry.bind(
                "replay",
                new Replay(
                        accounting,
                        settings.number("msgstore.max-payload-bytes"),
                        settings.number("msgstore.queue-size")));
        registry.bind("keepPage", new UseOriginalAggregationStrategy(false));
    }

    private Canary canary(CamelContext context, Accounting accounting, MqttComponent mqtt) {
        Registry registry = context.getRegistry();
        Canary canary = new Canary(
                settings.text("msgstore.mqtt.client-id"),
                Canary.topic(settings),
                settings.duration("msgstore.canary.timeout"),
                accounting,
                mqtt::renew);
        registry.bind("ownCanary", canary.own());
        registry.bind("canaryArrived", (Processor) canary::arrived);
        registry.bind("newCanary", (Processor) canary::create);
        registry.bind("canaryAwaited", canary.awaited());
        registry.bind("canaryLooked", (Processor) canary::looked);
        registry.bind("canaryUnseen", (Processor) canary::unseen);
        registry.bind("canaryUnsent", (Processor) canary::unsent);
        registry.bind("judgeCanary", (Processor) canary::judge);
        if (Canary.isOn(settings)) {
            mqtt.setFurtherTopic(Canary.topic(settings));
            HealthCheckRegistry.get(context).register(new CanaryHealth(canary.measured(meters)));
        }
        return canary;
    }

    private void status(
            Registry registry,
            QueueWiring queue,
            MqttComponent mqtt,
            DatabaseWatch watch,
            Bottleneck bottleneck,
            Canary canary) {
        registry.bind("watchDatabase", watch);
        Observer observer = new Observer(
                new Observer.Plan(
                        Msgstore.version(),
                        holds(),
                        settings.text("msgstore.ack").equals("on-commit"),
                        settings.text("msgstore.queue"),
                        settings.text("msgstore.enqueue-mode"),
                        settings.number("msgstore.workers"),
                        settings.number("msgstore.batch-size"),
                        settings.path("msgstore.dead-letter.dir")),
                accounting,
                meters,
                registry.lookupByNameAndType("queueGate", QueueGate.class),
                queue.state(),
                queue.guarantees(),
                mqtt,
                watch,
                bottleneck,
                () -> Canary.isOn(settings) ? canary.problem() : null);
        registry.bind("sampleStatus", observer);
        registry.bind("status", new Answer(observer::status));
        registry.bind("history", new Answer(observer::history));
        registry.bind("errors", new Answer(() -> Map.of("items", errors.entries())));
    }

    private void api(Registry registry, RouteFiles routeFiles) {
        registry.bind("accounts", new Answer(accounting::accounts));
        registry.bind("routeFiles", new Answer(routeFiles::list));
        registry.bind("listQuery", DeadLetterQuery.list());
        registry.bind("replayQuery", DeadLetterQuery.replay());
        registry.bind("oneQuery", DeadLetterQuery.one());
        registry.bind("correctionQuery", (Processor) Correction::query);
        registry.bind("correctionOutcome", (Processor) Correction::outcome);
        registry.bind("payloadAnswer", (Processor) Correction::answer);
        registry.bind("foundDeadLetter", (Processor) DeadLetterQuery::found);
        registry.bind("replays", new Replays());
        registry.bind("problem", (Processor) Problem::of);
    }
}
