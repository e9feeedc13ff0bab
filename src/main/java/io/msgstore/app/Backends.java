/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Dsn;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.database.Migrations;
import io.msgstore.platform.database.Schema;
import io.msgstore.platform.embedded.EmbeddedBroker;
import io.msgstore.platform.embedded.EmbeddedPostgres;
import io.msgstore.platform.module.Module;

/**
 * The database and the broker, as far as a module needs them: embedded ones, which are started and stopped here, or those that the
 * settings name.
 */
final class Backends implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
    private static final String EMBEDDED = "embedded";
    private static final String DSN = "msgstore.dsn";
    private static final String BROKER = "msgstore.mqtt.url";

    private final Plan plan;
    private final Settings settings;
    private final Command command;
    private final PrintStream out;

    private volatile EmbeddedPostgres postgres;
    private EmbeddedBroker broker;
    private Database database;
    private Schema schema;
    private String brokerUrl;
    private String databaseUrl;

    /** @param out where a start that takes its time is told */
    Backends(Plan plan, PrintStream out) {
        this.plan = plan;
        this.settings = plan.settings();
        this.command = plan.command();
        this.out = out;
    }

    /**
     * Starts what is embedded and needed. Nothing is connected to yet.
     *
     * @throws UserError when a setting asks for what is not there
     * @throws io.msgstore.platform.embedded.EmbeddedException when an embedded server does not start
     */
    void open(Bundle bundle, MeterRegistry meters) {
        Path dataDirectory = settings.path("msgstore.data-dir");
        if (plan.modules().needDatabase()) {
            openDatabase(dataDirectory, bundle, meters);
        }
        if (plan.hasStore()) {
            openBroker(dataDirectory);
        }
    }

    private void openDatabase(Path dataDirectory, Bundle bundle, MeterRegistry meters) {
        Dsn dsn;
        if (isEmbedded(DSN)) {
            out.println("Starting PostgreSQL …");
            postgres = EmbeddedPostgres.start(dataDirectory, settings.number("msgstore.embedded.postgres-port"));
            dsn = Dsn.parse(postgres.jdbcUrl(), null, null);
        } else {
            dsn = Dsn.parse(
                    settings.text(DSN), settings.text("msgstore.db.username"), settings.text("msgstore.db.password"));
        }
        // its options may hold a user and a password
        databaseUrl = dsn.jdbcUrl().split("\\?", 2)[0];
        database = new Database(
                dsn.jdbcUrl(),
                dsn.username().orElse(null),
                dsn.password().orElse(null),
                settings.number("msgstore.db.pool-size"),
                settings.number("msgstore.db-timeout-ms"),
                meters);
        schema = new Schema(database.migrating(), migrations(bundle), settings.flag("msgstore.db.migrate"));
        schema.requireTimeZone(settings.text("msgstore.time-zone"));
    }

    private List<Migrations> migrations(Bundle bundle) {
        List<Migrations> all = new ArrayList<>();
        for (Module module : plan.modules().list()) {
            Bundle files = module instanceof DeviceStore ? bundle : bundle.of(module);
            String folder = "postgresql/" + module.migrations();
            if (!files.names("sql/" + folder).isEmpty()) {
                all.add(new Migrations(module.name(), files.sql(folder), module.history()));
            }
        }
        return all;
    }

    private void openBroker(Path dataDirectory) {
        int port = settings.number("msgstore.embedded.mqtt-port");
        if (command.isService() && isEmbedded(BROKER)) {
            out.println("Starting the MQTT broker …");
            broker = EmbeddedBroker.start(dataDirectory, port);
            brokerUrl = broker.url();
        } else {
            brokerUrl = settings.text(BROKER).equals(EMBEDDED) ? "tcp://127.0.0.1:" + port : settings.text(BROKER);
        }
    }

    private boolean isEmbedded(String key) {
        if (command != Command.DEMO && !settings.text(key).equals(EMBEDDED)) {
            return false;
        }
        try {
            Class.forName("org.tukaani.xz.XZInputStream");
            return true;
        } catch (ClassNotFoundException e) {
            throw new UserError(key + "=" + EMBEDDED + ": this jar was built without embedded servers; set " + key, e);
        }
    }

    /** Null where no module needs one; so is the schema. */
    Database database() {
        return database;
    }

    Schema schema() {
        return schema;
    }

    /** One URL, or several separated by commas for failover; null where nothing receives. May hold a password. */
    String brokerUrl() {
        return brokerUrl;
    }

    /** Without options. */
    String databaseUrl() {
        return databaseUrl;
    }

    /** Of the embedded broker, which runs with the demo. */
    int brokerPort() {
        return broker.port();
    }

    /** For {@code psql}, of the embedded PostgreSQL, which runs with the demo. */
    String psqlUrl() {
        return postgres.psqlUrl();
    }

    /** Gives up on a schema that is waited for. */
    void stopWaiting() {
        if (schema != null) {
            schema.stop();
        }
    }

    @Override
    public void close() {
        quietly("the connections", database);
        quietly("the broker", broker);
        quietly("PostgreSQL", postgres);
    }

    /** Ends an embedded PostgreSQL at once: it would outlive a process that leaves without {@link #close}. */
    void kill() {
        EmbeddedPostgres server = postgres;
        if (server != null) {
            server.kill();
        }
    }

    /** Closes one part, so that the next is closed even where this one fails. */
    static void quietly(String what, AutoCloseable part) {
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
