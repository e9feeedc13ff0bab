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
        StoreSettings store = StoreSettings.of(settings);
        Failures failures = new Failures(store.holds(), store.topics());
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
                        store.largestPayload(),
                        QueueSettings.of(settings).size()));
        platform.bind("keepPage", new UseOriginalAggregationStrategy(false));
    }
}
