/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.Set;

import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;

import io.msgstore.devices.canary.Canary;
import io.msgstore.devices.failure.DeadLetter;
import io.msgstore.devices.failure.Isolation;
import io.msgstore.devices.mapping.Mappings;
import io.msgstore.devices.status.DatabaseWatch;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.database.DatabaseHealth;
import io.msgstore.platform.database.Preflight;
import io.msgstore.platform.database.Schema;
import io.msgstore.platform.log.RecentErrors;
import io.msgstore.platform.metrics.StateMeters;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.vitals.ProcessHealth;

/** From MQTT into SQL: puts the stages of the device store together. */
public final class DeviceStore {
    /** Name of the {@link Preflight}. */
    public static final String PREFLIGHT = "preflight";

    /** {@code msgstore.queue} of the one queue that can be read again. */
    public static final String KAFKA_QUEUE = KafkaBeans.QUEUE;
    /** Name of the {@link io.msgstore.devices.queue.kafka.KafkaQueue}. */
    public static final String REPLAYED_QUEUE = KafkaBeans.REPLAYED;

    private static final String CANARIES = "batch:canary";

    private final Database database;
    private final Schema schema;
    private final Mappings mappings;
    private final RecentErrors errors;
    private final String version;

    /**
     * @param schema of the database
     * @param mappings in use
     * @param errors what the log warned of
     * @param version of msgstore
     */
    public DeviceStore(Database database, Schema schema, Mappings mappings, RecentErrors errors, String version) {
        this.database = database;
        this.schema = schema;
        this.mappings = mappings;
        this.errors = errors;
        this.version = version;
    }

    /**
     * Binds everything that the routes refer to.
     *
     * @param brokerUrl one URL, or several separated by commas for failover
     */
    public void bind(Platform platform, String brokerUrl) {
        Settings settings = platform.settings();
        platform.accounting().expect(Outcome.FILTERED, "topic", "user", "client", "retained", "mapping");
        platform.accounting().expect(Outcome.DROPPED, "queue-full");
        platform.accounting().expect(Outcome.DEAD, DeadLetter.REASONS);

        IntakeBeans intake = new IntakeBeans(platform, brokerUrl);
        intake.bind();
        QueueBeans queue = new QueueBeans(platform);
        queue.bind();
        StoreBeans store = new StoreBeans(platform, database, mappings);
        store.bind();
        FailureBeans.bind(platform, new Isolation(store.stored(), store.statements()));
        CanaryBeans canary = new CanaryBeans(platform, intake.mqtt());
        canary.bind();

        Preflight preflight =
                new Preflight(database, platform.context(), Canary.isOn(settings) ? Set.of() : Set.of(CANARIES));
        platform.bind(PREFLIGHT, preflight);
        DatabaseHealth health = new DatabaseHealth(
                database, schema, preflight, () -> store.statements().lastError());
        platform.check(health);
        platform.check(new ProcessHealth());
        DatabaseWatch watch = new DatabaseWatch(database, schema, preflight, store.statements());
        new StatusBeans(platform, intake, queue, store.statements(), watch, canary).bind(errors, version);
        ApiBeans.bind(platform);
        meters(platform, health, watch);
    }

    private void meters(Platform platform, HealthCheck databaseHealth, DatabaseWatch watch) {
        StateMeters state = new StateMeters(platform.meters());
        state.build(version, platform.context().getVersion());
        HealthCheckRegistry.get(platform.context()).stream()
                .filter(check -> check.getGroup().equals("msgstore") && check != databaseHealth)
                .forEach(state::health);
        // a scrape does not wait for the database
        state.health(databaseHealth.getId(), watch::isUp);
    }
}
