/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.apache.camel.builder.RouteBuilder;

import io.msgstore.devices.canary.Canary;
import io.msgstore.devices.queue.DrainedRoutes;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.module.Start;
import io.msgstore.platform.module.Start.Purpose;

/** Which route files of the device store are run: those that the settings choose, and those that the command needs. */
final class StoreRoutes {
    private static final String DRAIN = "msgstore.queue.drain";
    private static final String QUEUE = "msgstore.queue";
    private static final String FALLBACK = "msgstore.queue.fallback";
    private static final String WRITE_MODE = "msgstore.write-mode";

    private final Settings settings;
    private final Bundle bundle;
    private final Purpose purpose;

    StoreRoutes(Start start) {
        this.settings = start.settings();
        this.bundle = start.bundle();
        this.purpose = start.purpose();
    }

    /**
     * Locations of the route files, as the folders are now, in the order in which a message passes them.
     *
     * @throws UserError when a setting names a file or folder that is not there
     */
    List<String> files() {
        List<String> files = new ArrayList<>(bundle.routes("intake"));
        requireClient(QUEUE);
        requireClient(DRAIN);
        files.add(chosen(QUEUE, "queue"));
        files.addAll(bundle.routes("queue/common"));
        boolean durable = !settings.text(QUEUE).equals(QueueSettings.MEMORY);
        if (durable && settings.optional(FALLBACK).isPresent()) {
            files.add(chosen(FALLBACK, "queue/fallback"));
        }
        if (drains()) {
            files.addAll(folder(DRAIN, "queue/drain"));
        }
        files.addAll(bundle.routes("mapping"));
        files.addAll(store());
        files.addAll(bundle.routes("failure"));
        if (purpose != Purpose.WORK_OFF) {
            files.addAll(bundle.routes("api"));
        }
        if (sendsCanaries()) {
            files.addAll(folder("msgstore.canary.interval", "canary"));
        }
        if (purpose == Purpose.DEMO) {
            files.addAll(bundle.routes("demo"));
        }
        return files;
    }

    /**
     * The routes that empty the queue that is drained: those of its file that take messages out, under names of their own.
     *
     * @throws UserError when the file has none
     */
    Optional<RouteBuilder> drained() {
        if (!drains()) {
            return Optional.empty();
        }
        String name = settings.text(DRAIN);
        try {
            return Optional.of(DrainedRoutes.of(name, bundle.text(chosen(DRAIN, "queue"))));
        } catch (IllegalArgumentException e) {
            throw new UserError(DRAIN + "=" + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * For {@code --replay-queue}.
     *
     * @throws UserError when the queue can't be read again
     */
    void requireReplayable() {
        String queue = settings.text(QUEUE);
        if (!queue.equals(KafkaBeans.QUEUE)) {
            throw new UserError("--replay-queue: msgstore.queue=" + queue
                    + " keeps nothing that was stored; only kafka can be read again");
        }
        requireClient(QUEUE);
    }

    // without it Camel would only name a class that it misses
    private void requireClient(String key) {
        if (!settings.text(key).equals(KafkaBeans.QUEUE)) {
            return;
        }
        try {
            Class.forName("org.apache.kafka.clients.producer.KafkaProducer");
        } catch (ClassNotFoundException e) {
            throw new UserError(
                    key + "=" + KafkaBeans.QUEUE + ": this jar was built without Kafka's client; set " + key, e);
        }
    }

    /** Whether the queue that {@code msgstore.queue.drain} names is emptied beside the service. */
    boolean drains() {
        return settings.optional(DRAIN).isPresent() && purpose != Purpose.WORK_OFF;
    }

    boolean sendsCanaries() {
        return Canary.isOn(settings) && purpose != Purpose.WORK_OFF;
    }

    private List<String> store() {
        String mode = settings.text(WRITE_MODE);
        List<String> files = bundle.routes("store/" + mode);
        if (files.isEmpty()) {
            throw new UserError(WRITE_MODE + "=" + mode + ": there are no routes in routes/store/" + mode
                    + "; there are " + bundle.names("routes/store"));
        }
        return files;
    }

    private List<String> folder(String key, String folder) {
        List<String> files = bundle.routes(folder);
        if (files.isEmpty()) {
            throw new UserError(key + "=" + settings.text(key) + ": there are no routes in routes/" + folder);
        }
        return files;
    }

    private String chosen(String key, String folder) {
        String name = settings.text(key);
        return bundle.route(folder + "/" + name + ".camel.yaml")
                .orElseThrow(() -> new UserError(key + "=" + name + ": there is no routes/" + folder + "/" + name
                        + ".camel.yaml; there are " + bundle.routeNames(folder)));
    }
}
