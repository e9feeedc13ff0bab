/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import io.msgstore.devices.StoreSettings;
import io.msgstore.devices.canary.Canary;
import io.msgstore.platform.config.Settings;

/**
 * What the command and the settings together ask for.
 *
 * @param settings checked
 * @param command of the command line
 */
record Plan(Settings settings, Command command) {
    /** Whether the queue that {@code msgstore.queue.drain} names is emptied beside the service. */
    boolean drains() {
        return settings.optional(RouteSelection.DRAIN).isPresent() && (command.isService() || command == Command.CHECK);
    }

    boolean sendsCanaries() {
        return Canary.isOn(settings) && !command.endsByItself();
    }

    boolean isTraced() {
        return settings.flag("msgstore.tracing");
    }

    /** Whether Hawtio and Jolokia are served. */
    boolean hasConsole() {
        return command == Command.DEMO || command == Command.RUN && settings.flag("msgstore.console");
    }

    /** Whether a message is acknowledged when it is committed, and not when it is in the queue. */
    boolean acknowledgesOnCommit() {
        return StoreSettings.of(settings).acknowledgesOnCommit();
    }
}
