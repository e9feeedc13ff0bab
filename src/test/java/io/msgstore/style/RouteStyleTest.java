/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RouteStyleTest {
    private static final String FAILURE = "where failures end: another handler would go in circles";

    /** Routes that name no routeConfiguration, and why. */
    private static final Map<String, String> UNBOUND = Map.of(
            "dead-letter",
            FAILURE,
            "spool-move-one-by-one",
            "part of spool-move",
            "dead-letter-isolate",
            FAILURE,
            "failure-isolate",
            FAILURE,
            "failure-give-up",
            FAILURE,
            "spool-append",
            FAILURE,
            "spool-move",
            "a file that fails stays, and is tried again at the next poll",
            "queue-return",
            "a timer without a message",
            "store-notify",
            "its rows are committed: it catches everything itself",
            "demo-fleet-drive",
            "a timer without a message to keep; it catches a failed publish itself");

    @Test
    void routesSettingsAndSqlKeepTheRules() {
        assertThat(RouteStyle.check(Path.of("").toAbsolutePath(), UNBOUND)).isEmpty();
    }
}
