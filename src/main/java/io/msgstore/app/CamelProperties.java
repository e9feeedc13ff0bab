/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.console.Console;
import io.msgstore.platform.module.Module;
import io.msgstore.platform.module.Start;

/** What Camel and the placeholders of the routes are told: the settings, and what follows from them. */
record CamelProperties(Plan plan, Bundle bundle, HttpPort http) {
    /** Those that routes name. */
    private static final List<String> FOLDERS = List.of("msgstore.dead-letter.dir", "msgstore.data-dir");

    Properties all() {
        Settings settings = plan.settings();
        Properties properties = settings.properties();
        properties.setProperty("sql", bundle.sql("postgresql"));
        if (!settings.directory().equals(Path.of("").toAbsolutePath())) {
            // Camel begins relative paths of files at the working directory of the process, and knows no other
            FOLDERS.forEach(
                    key -> properties.setProperty(key, settings.path(key).toString()));
        }
        Start start = plan.start(bundle);
        for (Module module : plan.modules().list()) {
            properties.setProperty(module.name() + ".sql", bundle.of(module).sql("postgresql/" + module.name()));
            properties.putAll(module.placeholders(start));
        }
        // the only content is a payload, perhaps indented; by default a server takes any amount, and writes files
        // that it is sent to disk
        properties.putIfAbsent(
                "camel.server.max-body-size",
                Integer.toString(65_536 + 2 * settings.number("msgstore.max-payload-bytes")));
        properties.putIfAbsent("camel.server.file-upload-enabled", "false");
        boolean served = plan.command().isService();
        for (String server : List.of("camel.server.", "camel.management.")) {
            properties.setProperty(server + "enabled", Boolean.toString(served));
            properties.setProperty(server + "host", http.host());
            properties.setProperty(server + "port", Integer.toString(http.port()));
        }
        properties.setProperty("camel.management.jolokia-enabled", Boolean.toString(served && plan.hasConsole()));
        properties.setProperty("camel.management.jolokia-path", Console.JOLOKIA);
        properties.setProperty("camel.opentelemetry2.enabled", Boolean.toString(plan.isTraced()));
        if (plan.hasConsole()) {
            properties.setProperty("camel.main.jmx-enabled", "true");
        }
        return properties;
    }

    /** For a Camel beside the one that runs: it starts no route, serves nothing and is not watched. */
    Properties ofStage() {
        Properties properties = all();
        properties.keySet().removeIf(key -> key.toString().replace("-", "").equalsIgnoreCase("camel.main.autostartup"));
        properties.setProperty("camel.main.auto-startup", "false");
        properties.setProperty("camel.main.jmx-enabled", "false");
        properties.setProperty("camel.server.enabled", "false");
        properties.setProperty("camel.management.enabled", "false");
        properties.setProperty("camel.opentelemetry2.enabled", "false");
        return properties;
    }
}
