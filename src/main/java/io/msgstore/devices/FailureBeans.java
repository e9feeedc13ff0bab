/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;

import io.msgstore.devices.failure.Failures;
import io.msgstore.devices.failure.Isolation;
import io.msgstore.devices.failure.Replay;
import io.msgstore.devices.failure.SpoolBatches;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/** Binds what the routes in {@code routes/failure} refer to. */
final class FailureBeans {
    private FailureBeans() {}

    static void bind(Platform platform, Isolation isolation) {
        Settings settings = platform.settings();
        Failures failures = new Failures(StoreBeans.holds(settings), settings.list("msgstore.mqtt.topics"));
        platform.bind("failures", failures);
        // for a doCatch: a method of a bean would be given the exchange without its exception
        platform.condition("badData", failures::isBadData);
        platform.bind("isolation", isolation);
        platform.step("isolationWaits", isolation::waits);
        platform.bind("spoolBatches", new SpoolBatches());
        platform.bind(
                "replay",
                new Replay(
                        platform.accounting(),
                        settings.number("msgstore.max-payload-bytes"),
                        settings.number("msgstore.queue-size")));
        platform.bind("keepPage", new UseOriginalAggregationStrategy(false));
    }
}
