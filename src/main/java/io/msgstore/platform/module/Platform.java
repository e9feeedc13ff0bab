/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.module;

import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.Service;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.database.SqlAccess;

/**
 * What is there for all modules, and where they put what their routes refer to.
 *
 * @param context not started yet
 * @param settings checked
 * @param accounting of all messages
 * @param meters shown at {@code /observe/metrics}
 * @param sql the database; null where no module {@link Module#needsDatabase}
 * @param brokerUrl of {@code msgstore.mqtt.url} or the embedded broker; null where nothing receives from MQTT
 * @param version of msgstore
 */
public record Platform(
        CamelContext context,
        Settings settings,
        Accounting accounting,
        MeterRegistry meters,
        SqlAccess sql,
        String brokerUrl,
        String version) {
    /** Makes an object known to routes, under this name. */
    public void bind(String name, Object bean) {
        context.getRegistry().bind(name, bean);
    }

    /** The same for a step: {@code process: {ref: name}}. */
    public void step(String name, Processor step) {
        bind(name, step);
    }

    /** The same for a condition: {@code expression: {ref: name}}. */
    public void condition(String name, Predicate condition) {
        bind(name, condition);
    }

    /** Adds a check to {@code /observe/health}. */
    public void check(HealthCheck check) {
        HealthCheckRegistry.get(context).register(check);
    }

    /** Adds a gauge, named with dots; it is asked at each scrape. */
    public <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
        Gauge.builder(name, source, value).description(description).register(meters);
    }

    /** Starts something with Camel, and stops it with Camel. */
    public void runWithCamel(Service service) {
        try {
            context.addService(service);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
