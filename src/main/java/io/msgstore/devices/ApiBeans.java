/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import io.msgstore.devices.failure.Correction;
import io.msgstore.devices.failure.DeadLetterQuery;
import io.msgstore.devices.failure.Replays;
import io.msgstore.platform.api.Answer;
import io.msgstore.platform.module.Platform;

/** Binds what the routes in {@code routes/api} refer to. */
final class ApiBeans {
    private ApiBeans() {}

    static void bind(Platform platform) {
        platform.bind("deadLetterQuery", new DeadLetterQuery());
        platform.bind("correction", new Correction());
        Replays replays = new Replays();
        platform.bind("replays", replays);
        platform.step("noteReplay", replays::note);
        platform.step("answerJson", Answer::json);
    }
}
