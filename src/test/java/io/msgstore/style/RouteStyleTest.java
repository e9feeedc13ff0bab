/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

class RouteStyleTest {
    private static final String FAILURE = "where failures end: another handler would go in circles";

    /** Routes that name no routeConfiguration, and why. */
    private static final Map<String, String> UNBOUND = Map.ofEntries(
            entry("dead-letter", FAILURE),
            entry("dead-letter-isolate", FAILURE),
            entry("failure-halve", FAILURE),
            entry("failure-give-up", FAILURE),
            entry("spool-append", FAILURE),
            entry("spool-move", "a file that fails stays, and is tried again at the next poll"),
            entry("queue-return", "a timer without a message"),
            entry("queue-bottleneck", "a timer without a message"),
            entry("status-sample", "a timer without a message"),
            entry("status-database", "a timer without a message"),
            entry("store-notify", "its rows are committed: it catches everything itself"));

    @Test
    void routesSettingsAndSqlKeepTheRules() {
        assertThat(RouteStyle.check(Path.of("").toAbsolutePath(), UNBOUND)).isEmpty();
    }
}
