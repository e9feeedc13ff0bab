/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.sql.SQLException;
import java.util.List;

import org.apache.camel.CamelContext;
import org.flywaydb.core.api.FlywayException;

import io.msgstore.devices.QueueSettings;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.devices.queue.QueueLength;
import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.database.Preflight;
import io.msgstore.platform.database.Preflight.Finding;
import io.msgstore.platform.database.Schema;
import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.embedded.EmbeddedBroker;
import io.msgstore.platform.flow.Nodes;

/** {@code --check}: says whether configuration, routes and connections are in order. */
final class Check {
    private final Plan plan;
    private final Settings settings;
    private final CamelContext context;
    private final Schema schema;
    private final Preflight preflight;
    private final String brokerUrl;
    private final PrintStream out;
    private boolean good = true;

    /**
     * @param context with the routes loaded and none started
     * @param preflight null where there is no database
     */
    Check(Plan plan, CamelContext context, Backends backends, Preflight preflight, PrintStream out) {
        this.plan = plan;
        this.settings = plan.settings();
        this.context = context;
        this.schema = backends.schema();
        this.preflight = preflight;
        this.brokerUrl = backends.brokerUrl();
        this.out = out;
    }

    /** Prints a line per check. */
    boolean run() {
        print("configuration", null, "every key and value is known");
        print("routes", Nodes.mistake(context).orElse(null), context.getRoutes().size() + " are valid");
        if (schema != null) {
            try {
                database();
            } catch (SQLException | FlywayException e) {
                print("database", SqlFailure.message(e), null);
            }
        }
        if (plan.hasStore()) {
            queues();
            broker();
        }
        http();
        return good;
    }

    private void queues() {
        queue("queue", settings.text("msgstore.queue"), QueueLength.QUEUE);
        settings.optional("msgstore.queue.drain").ifPresent(name -> queue("drained queue", name, QueueLength.DRAINED));
    }

    private void broker() {
        if (settings.text("msgstore.mqtt.url").equals("embedded")) {
            String detour = EmbeddedBroker.detour(settings.number("msgstore.embedded.mqtt-port"));
            print("broker", null, "embedded, starts with the service");
            if (detour != null) {
                warn("broker", detour);
            }
        } else {
            MqttComponent.Answer answer =
                    context.getComponent("paho-mqtt5", MqttComponent.class).check();
            print(
                    "broker",
                    answer.problem() == null ? null : brokerUrl + ": " + answer.problem(),
                    brokerUrl + " accepts us");
            answer.shortfalls().forEach(shortfall -> warn("broker", shortfall));
        }
    }

    private void database() throws SQLException {
        List<String> due = schema.due();
        List<String> obstacles = schema.obstacles(!due.isEmpty());
        List<Finding> findings = preflight.ask(!due.isEmpty());
        obstacles.forEach(obstacle -> print("database", obstacle, null));
        for (Finding finding : findings) {
            if (finding.needed()) {
                print("database", finding.text(), null);
            } else {
                warn("database", finding.text());
            }
        }
        if (obstacles.isEmpty() && findings.stream().noneMatch(Finding::needed)) {
            print(
                    "database",
                    null,
                    due.isEmpty()
                            ? "answers, and takes the statements of the routes"
                            : "answers; the start brings its tables to version " + due.get(due.size() - 1));
        }
    }

    private void http() {
        String problem = new HttpPort(plan).problem();
        if (problem == null) {
            print("http", null, "port " + settings.text("msgstore.http.port") + " is free");
        } else if (new HealthProbe(settings).isAnswered()) {
            warn(
                    "http",
                    "a msgstore that runs here has port " + settings.text("msgstore.http.port")
                            + " until it is stopped");
        } else {
            print("http", problem, null);
        }
    }

    private void queue(String what, String queue, String endpoint) {
        if (queue.equals(QueueSettings.MEMORY)) {
            return;
        }
        try {
            String length = QueueLength.route(context, endpoint).isEmpty()
                    ? ""
                    : " answers, and holds " + new QueueLength(context, endpoint).ask() + " messages";
            print(what, null, queue + length);
        } catch (Exception e) {
            print(what, queue + ": " + SqlFailure.message(e), null);
        }
    }

    private void print(String what, String problem, String success) {
        good &= problem == null;
        line(problem == null ? "ok" : "FAILED", what, problem == null ? success : problem);
    }

    /** What to know, though msgstore would start. */
    private void warn(String what, String text) {
        line("WARN", what, text);
    }

    private void line(String word, String what, String text) {
        out.println("%-6s %-14s %s".formatted(word, what, Secrets.mask(text)));
    }
}
