/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;

import io.msgstore.devices.failure.Correction;
import io.msgstore.devices.failure.DeadLetterQuery;
import io.msgstore.devices.failure.Failures;
import io.msgstore.devices.failure.Isolation;
import io.msgstore.devices.failure.Replay;
import io.msgstore.devices.failure.Replays;
import io.msgstore.devices.failure.SpoolBatches;
import io.msgstore.platform.api.Answer;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/** Binds what the routes in {@code routes/failure} and {@code routes/api} refer to. */
final class FailureBeans {
    private FailureBeans() {}

    static void bind(Platform platform, Isolation isolation) {
        Settings settings = platform.settings();
        Failures failures =
                new Failures(settings.text("msgstore.on-outage").equals("hold"), settings.list("msgstore.mqtt.topics"));
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
        platform.bind("deadLetterQuery", new DeadLetterQuery());
        platform.bind("correction", new Correction());
        Replays replays = new Replays();
        platform.bind("replays", replays);
        platform.step("noteReplay", replays::note);
        platform.step("answerJson", Answer::json);
    }
}
