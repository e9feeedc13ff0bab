/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;

import io.msgstore.config.Settings;
import io.msgstore.failure.Failures;
import io.msgstore.failure.Isolation;
import io.msgstore.failure.Replay;
import io.msgstore.failure.SpoolBatches;
import io.msgstore.module.Platform;

/** Binds what the routes in {@code routes/failure} refer to. */
final class FailureBeans {
    private FailureBeans() {}

    static void bind(Platform platform, Isolation isolation) {
        Settings settings = platform.settings();
        Failures failures = new Failures(StoreBeans.holds(settings), settings.list("msgstore.mqtt.topics"));
        platform.condition("badData", Failures.badData());
        platform.condition("refused", failures.refused());
        platform.condition("isolationPossible", isolation.possible());
        platform.condition("isolationMissing", isolation.functionMissing());
        platform.condition("isolationTooSlow", isolation.tooSlow());
        platform.step("isolationBegin", isolation::begin);
        platform.step("isolationEnd", isolation::end);
        platform.step("isolationWaits", isolation::waits);
        platform.step("isolationLeave", isolation::leave);
        platform.step("refusedMessage", isolation::message);
        platform.condition("tooSlow", failures.tooSlow());
        platform.condition("held", failures.held());
        platform.condition("rawAlready", failures.rawAlready());
        platform.step("failedMessage", failures::failedMessage);
        platform.step("describeDeadLetter", failures::describe);
        platform.step("rawDeadLetter", failures::asBytes);
        platform.step("dead", failures::dead);
        platform.bind("spoolBatches", new SpoolBatches());
        platform.step("spooledBatch", failures::spooledBatch);
        platform.step("spooledBytes", failures::spooledBytes);
        platform.bind(
                "replay",
                new Replay(
                        platform.accounting(),
                        settings.number("msgstore.max-payload-bytes"),
                        settings.number("msgstore.queue-size")));
        platform.bind("keepPage", new UseOriginalAggregationStrategy(false));
    }
}
