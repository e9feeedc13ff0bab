/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.apache.camel.builder.RouteBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.canary.Canary;
import io.msgstore.devices.failure.DeadLetter;
import io.msgstore.devices.failure.Isolation;
import io.msgstore.devices.mapping.Mappings;
import io.msgstore.devices.status.DatabaseWatch;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.database.SqlAccess;
import io.msgstore.platform.module.Module;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.module.Start;

/** The module {@code store}: from MQTT into SQL. Puts the stages of the device store together. */
public final class DeviceStore extends DeviceStoreSection implements Module {
    /** Of {@code msgstore.modules}. */
    public static final String NAME = "store";
    /** Name of the {@link io.msgstore.devices.queue.kafka.KafkaQueue}. */
    public static final String REPLAYED_QUEUE = KafkaBeans.REPLAYED;
    /** Routes that messages are sent to by name: without one of them they would get lost. */
    public static final List<String> ENTRANCES =
            List.of("direct://enqueue", "direct://dispatch", "direct://dead-letter");

    private static final Logger LOG = LoggerFactory.getLogger(DeviceStore.class);
    private static final String MAPPING = "msgstore.mapping";
    private static final String CANARIES = "batch:canary";

    private Mappings mappings = Mappings.NONE;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean needsDatabase() {
        return true;
    }

    // older than modules, so without the name
    @Override
    public String migrations() {
        return "migration";
    }

    @Override
    public String history() {
        return "msgstore_schema_history";
    }

    @Override
    public List<String> routes(Start start) {
        return new StoreRoutes(start).files();
    }

    @Override
    public Optional<RouteBuilder> furtherRoutes(Start start) {
        return new StoreRoutes(start).drained();
    }

    /**
     * For {@code --replay-queue}.
     *
     * @throws UserError when the queue can't be read again
     */
    public static void requireReplayable(Start start) {
        new StoreRoutes(start).requireReplayable();
    }

    @Override
    public Map<String, String> placeholders(Start start) {
        Map<String, String> values = new HashMap<>(new QueueSettings(start.settings()).placeholders());
        if (new StoreRoutes(start).sendsCanaries()) {
            values.put("canary.topic", Canary.topic(start.settings()));
        }
        return values;
    }

    @Override
    public void prepare(Start start, List<String> routes) {
        Settings settings = start.settings();
        OldRoutes.refuse(start.bundle(), routes);
        mappings = Mappings.load(start.bundle(), settings.list(MAPPING));
        if (!mappings.isEmpty()) {
            OldRoutes.refuseWithoutMapping(start.bundle(), routes, settings.text(MAPPING));
        }
        List<String> topics = settings.list("msgstore.mqtt.topics");
        for (String name : mappings.withoutSubscription(topics)) {
            LOG.warn(
                    "{}={}: its topics are in no subscription ({}), so it gets no message",
                    MAPPING,
                    name,
                    "msgstore.mqtt.topics=" + settings.text("msgstore.mqtt.topics"));
        }
    }

    @Override
    public void bind(Platform platform) {
        platform.accounting().expect(Outcome.FILTERED, "topic", "user", "client", "retained", "mapping");
        platform.accounting().expect(Outcome.DROPPED, "queue-full");
        platform.accounting().expect(Outcome.DEAD, DeadLetter.REASONS);

        SqlAccess sql = platform.sql();
        IntakeBeans intake = new IntakeBeans(platform);
        intake.bind();
        QueueBeans queue = new QueueBeans(platform);
        queue.bind();
        StoreBeans store = new StoreBeans(platform, mappings);
        store.bind();
        FailureBeans.bind(platform, new Isolation(store.stored, store.statements));
        Canary canary = CanaryBeans.bind(platform, intake.mqtt);
        if (!Canary.isOn(platform.settings())) {
            sql.preflight().leaveOut(CANARIES);
        }
        DatabaseWatch watch = new DatabaseWatch(sql.database(), sql.schema(), sql.preflight(), store.statements);
        sql.health().watch(store.statements::lastError, watch::isUp);
        StatusBeans.bind(platform, intake, queue, store.statements, watch, canary);
    }
}
