/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.metrics;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** Every query of the dashboard finds something in a msgstore that has had some of everything. */
class DashboardIT {
    private static final Path FILE = Path.of("deploy/grafana/dashboards/msgstore.json");
    private static final String TOPIC = "devices/t/up";
    private static final int DUPLICATES = 19;
    private static final int FEWEST_QUERIES = 40;

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void everyQueryOfTheDashboardReturnsData() throws IOException {
        Scrape before;
        Scrape now;
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.canary.interval", "1s")
                        // the JVM shows the collector's pauses from the first one on: let it come soon
                        .jvmArgument("-Xmn8m")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            // a series must be in both scrapes to have a rate, so all that happens happens twice
            everythingHappens(publisher, msgstore, 1);
            before = Scrape.of(msgstore);
            everythingHappens(publisher, msgstore, 2);
            now = Scrape.of(msgstore);
        }
        List<String> queries = queries();
        assertThat(queries).hasSizeGreaterThanOrEqualTo(FEWEST_QUERIES);
        assertThat(queries.stream()
                        .filter(query -> PromQl.evaluate(query, before, now).isEmpty()))
                .isEmpty();
    }

    private static void everythingHappens(Publisher publisher, MsgstoreProcess msgstore, int round) {
        publisher.publishAll(TOPIC, Collections.nCopies(1 + DUPLICATES, gps("t", Integer.toString(round))));
        publisher.publish(TOPIC, gps("t", "\"bad\""));
        publisher.publish(TOPIC, "{\"event\":\"connect\"}");
        publisher.publish(TOPIC, "no JSON");
        double canaries = msgstore.metric("msgstore_canary_latency_ms_count");
        Awaitility.await("the outcome of all, a canary and a collection")
                .atMost(Duration.ofSeconds(60))
                .until(() -> msgstore.metric("msgstore_canary_latency_ms_count") > canaries
                        && msgstore.metric("msgstore_dead_total") == 2.0 * round
                        && msgstore.metric("msgstore_ignored_total") == round
                        && msgstore.metric("msgstore_duplicate_total") == DUPLICATES * round + round - 1
                        && msgstore.metric("jvm_gc_pause_seconds_count") > 0);
    }

    private static List<String> queries() throws IOException {
        List<String> queries = new ArrayList<>();
        for (JsonNode panel : new ObjectMapper().readTree(FILE.toFile()).path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(
                        target.path("expr").asText().replace("$instance", ".*").replace("$__rate_interval", "1m"));
            }
        }
        return queries;
    }

    private static String gps(String terminal, String latitude) {
        return "{\"event\":\"gps\",\"terminal_id\":\"" + terminal + "\",\"ts\":1770000000,\"latitude\":" + latitude
                + ",\"longitude\":2}";
    }
}
