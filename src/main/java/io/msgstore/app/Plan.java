/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Start;

/**
 * What the command and the settings together ask for.
 *
 * @param settings checked
 * @param command of the command line
 * @param modules that are on
 */
record Plan(Settings settings, Command command, Modules modules) {
    /** The same as modules see it. */
    Start start(Bundle bundle) {
        return new Start(settings, bundle, command.purpose());
    }

    /** Whether messages of devices are stored. */
    boolean hasStore() {
        return modules.store().isPresent();
    }

    /** Whether the queue that {@code msgstore.queue.drain} names is emptied beside the service. */
    boolean drains() {
        return settings.optional("msgstore.queue.drain").isPresent() && !command.endsByItself();
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
        return settings.text("msgstore.ack").equals("on-commit");
    }
}
