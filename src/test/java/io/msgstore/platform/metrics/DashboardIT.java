/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Limits;
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
    private static final String OR_ZERO = " or vector(0)";
    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), (\\w+)\\)");

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
        assertThat(queries)
                .hasSizeGreaterThanOrEqualTo(FEWEST_QUERIES)
                .anyMatch(query -> query.endsWith(OR_ZERO))
                .anyMatch(query -> LABEL_VALUES.matcher(query).matches());
        assertThat(withoutData(queries, before, now)).isEmpty();
    }

    @Test
    void aMisspeltNameIsFoundAlsoWhereZeroStandsInAndInTheListsToChooseFrom() {
        Scrape scrape = Scrape.of("msgstore_duplicate_total{event=\"gps\"} 1", 1);
        List<String> right = List.of(
                "sum by (event) (msgstore_duplicate_total) or vector(0)",
                "label_values(msgstore_duplicate_total{job=\"msgstore\"}, event)");
        List<String> wrong = List.of(
                "sum by (event) (msgstore_dupplicate_total) or vector(0)",
                "sum(msgstore_duplicate_total{evnt=\"gps\"}) or vector(0)",
                "label_values(msgstore_dupplicate_total{job=\"msgstore\"}, event)",
                "label_values(msgstore_duplicate_total{job=\"msgstore\"}, evnt)");
        assertThat(withoutData(right, scrape, scrape)).isEmpty();
        assertThat(withoutData(wrong, scrape, scrape)).isEqualTo(wrong);
    }

    // a query that says 0 where there is nothing would say so of a name that does not exist, too
    private static List<String> withoutData(List<String> queries, Scrape before, Scrape now) {
        return queries.stream()
                .filter(query -> {
                    Matcher values = LABEL_VALUES.matcher(query);
                    if (values.matches()) {
                        return PromQl.evaluate(values.group(1), before, now).stream()
                                .noneMatch(sample -> sample.labels().containsKey(values.group(2)));
                    }
                    String measured =
                            query.endsWith(OR_ZERO) ? query.substring(0, query.length() - OR_ZERO.length()) : query;
                    return PromQl.evaluate(measured, before, now).isEmpty();
                })
                .toList();
    }

    private static void everythingHappens(Publisher publisher, MsgstoreProcess msgstore, int round) {
        publisher.publishAll(TOPIC, Collections.nCopies(1 + DUPLICATES, gps("t", Integer.toString(round))));
        publisher.publish(TOPIC, gps("t", "\"bad\""));
        publisher.publish(TOPIC, "{\"event\":\"connect\"}");
        publisher.publish(TOPIC, "no JSON");
        double canaries = msgstore.metric("msgstore_canary_latency_ms_count");
        // of a canary's, too, which is found in the database before its exchange is done
        double latencies = msgstore.metric("msgstore_end_to_end_latency_ms_count");
        Awaitility.await("the outcome of all, a canary and a collection")
                .atMost(Limits.LIMIT)
                .until(() -> msgstore.metric("msgstore_canary_latency_ms_count") > canaries
                        && msgstore.metric("msgstore_end_to_end_latency_ms_count") > latencies
                        && msgstore.metric("msgstore_dead_total") == 2.0 * round
                        && msgstore.metric("msgstore_ignored_total") == round
                        && msgstore.metric("msgstore_duplicate_total") == DUPLICATES * round + round - 1
                        && msgstore.metric("jvm_gc_pause_seconds_count") > 0);
    }

    private static List<String> queries() throws IOException {
        List<String> queries = new ArrayList<>();
        JsonNode dashboard = new ObjectMapper().readTree(FILE.toFile());
        for (JsonNode variable : dashboard.at("/templating/list")) {
            if (variable.path("type").asText().equals("query")) {
                queries.add(variable.at("/query/query").asText());
            }
        }
        for (JsonNode panel : dashboard.path("panels")) {
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
