/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import io.msgstore.api.Answer;
import io.msgstore.api.Problem;
import io.msgstore.api.RouteFiles;
import io.msgstore.failure.Correction;
import io.msgstore.failure.DeadLetterQuery;
import io.msgstore.failure.Replays;
import io.msgstore.module.Platform;

/** Binds what the routes in {@code routes/api} refer to. */
final class ApiBeans {
    private ApiBeans() {}

    static void bind(Platform platform) {
        RouteFiles files = new RouteFiles(platform.context());
        platform.step("accounts", new Answer(platform.accounting()::accounts));
        platform.step("routeFiles", new Answer(files::list));
        platform.bind("deadLetterQuery", new DeadLetterQuery());
        platform.bind("correction", new Correction());
        platform.bind("replays", new Replays());
        platform.step("problem", Problem::of);
    }
}
