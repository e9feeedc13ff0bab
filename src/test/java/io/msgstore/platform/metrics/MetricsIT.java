/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** The names that dashboards, alerts and users' scripts rely on. */
class MetricsIT {
    private static final Pattern HELP = Pattern.compile("# HELP (\\S+) (.+)");
    private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
    private static final int MESSAGES = 7;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void everyMetricIsThereWithItsTypeItsLabelsAndAHelpText() {
        // the version is that of the jar
        try (MsgstoreProcess msgstore = SERVERS.msgstore().asProcess().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            String gps = "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000,\"latitude\":1,\"longitude\":2}";
            publisher.publishAll(
                    "devices/t/up",
                    List.of(
                            gps,
                            "{\"event\":\"connect\"}",
                            "{\"event\":\"cmd\",\"type\":\"reboot\"}",
                            "no JSON",
                            gps,
                            "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000,\"latitude\":\"?\"}",
                            gps));
            Counts.afterAtLeast(MESSAGES, msgstore);
            String page = msgstore.get("/observe/metrics").body();

            Map<String, String> types = found(TYPE, page);
            Map<String, String> help = found(HELP, page);
            assertThat(types)
                    .containsEntry("msgstore_received_total", "counter")
                    .containsEntry("msgstore_filtered_total", "counter")
                    .containsEntry("msgstore_ignored_total", "counter")
                    .containsEntry("msgstore_enqueue_drop_total", "counter")
                    .containsEntry("msgstore_write_ok_total", "counter")
                    .containsEntry("msgstore_duplicate_total", "counter")
                    .containsEntry("msgstore_dead_total", "counter")
                    .containsEntry("msgstore_in_flight", "gauge")
                    .containsEntry("msgstore_queue_len", "gauge")
                    .containsEntry("msgstore_queue_capacity", "gauge")
                    .containsEntry("msgstore_write_fail_total", "counter")
                    .containsEntry("msgstore_retry_total", "counter")
                    .containsEntry("msgstore_db_write_latency_ms", "histogram")
                    .containsEntry("msgstore_batch_size", "histogram")
                    .containsEntry("msgstore_end_to_end_latency_ms", "histogram")
                    .containsEntry("msgstore_mqtt_connected", "gauge")
                    .containsEntry("msgstore_unaccounted", "gauge")
                    // beside those of the contract
                    .containsEntry("msgstore_oldest_in_flight_seconds", "gauge")
                    .containsEntry("msgstore_mqtt_session_lost_total", "counter")
                    .containsEntry("msgstore_mqtt_receive_maximum", "gauge")
                    .containsEntry("msgstore_mqtt_degraded", "gauge")
                    .containsEntry("msgstore_healthy", "gauge")
                    .containsEntry("msgstore_build_info", "gauge")
                    .containsEntry("camel_route_exchanges_total", "counter")
                    .containsEntry("hikaricp_connections_active", "gauge")
                    .containsEntry("jvm_memory_used_bytes", "gauge")
                    .containsEntry("process_cpu_usage", "gauge")
                    .containsEntry("process_start_time_seconds", "gauge");
            assertThat(help.keySet()).containsAll(types.keySet());
            assertThat(unitsNotSaid(help)).isEmpty();

            for (String sample : List.of(
                    "msgstore_write_ok_total{event=\"gps\"} 1.0",
                    "msgstore_duplicate_total{event=\"gps\"} 2.0",
                    "msgstore_ignored_total{event=\"connect\"} 1.0",
                    "msgstore_filtered_total{filter=\"topic\"} 0.0",
                    "msgstore_enqueue_drop_total{reason=\"queue-full\"} 0.0",
                    "msgstore_dead_total{reason=\"not-json\"} 1.0",
                    "msgstore_healthy{check=\"database\"} 1.0",
                    "msgstore_healthy{check=\"mqtt\"} 1.0",
                    "camel_route_exchanges_total{routeId=\"dispatch\"} 7.0",
                    "camel_route_running{routeId=\"intake-mqtt\"} 1.0")) {
                assertThat(page.lines()).contains(sample);
            }
            assertThat(page).containsPattern("msgstore_write_fail_total\\{event=\"gps\",kind=\"data\"} [1-9]");
            assertThat(page)
                    .containsPattern(
                            "msgstore_build_info\\{camel=\"4[.\\d]+\",java=\"[^\"]+\",version=\"\\d[^\"]+\"} 1");
        }
    }

    @Test
    void failedStatementsAreThereBeforeTheFirstOne() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            String page = msgstore.get("/observe/metrics").body();
            for (String event : List.of("gps", "cmd", "evt", "canary", "dead-letters")) {
                for (String kind : List.of("data", "timeout", "outage")) {
                    assertThat(page.lines())
                            .contains("msgstore_write_fail_total{event=\"" + event + "\",kind=\"" + kind + "\"} 0.0");
                }
            }
        }
    }

    // a name that ends in a unit has that unit; the others count what their help says
    private static List<String> unitsNotSaid(Map<String, String> help) {
        return help.entrySet().stream()
                .filter(metric -> metric.getKey().startsWith("msgstore_"))
                .filter(metric -> metric.getKey().matches(".*_ms(_max)?")
                                && !metric.getValue().startsWith("Milliseconds ")
                        || metric.getKey().endsWith("_seconds")
                                && !metric.getValue().startsWith("Seconds "))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static Map<String, String> found(Pattern pattern, String page) {
        return page.lines()
                .flatMap(line -> pattern.matcher(line).results())
                .collect(Collectors.toMap(
                        result -> result.group(1), (MatchResult result) -> result.group(2), (a, b) -> a, TreeMap::new));
    }
}
