/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.tracing;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Collector;
import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** A message's way as spans at a collector. */
class TracingIT {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String GPS =
            "{\"event\":\"gps\",\"terminal_id\":\"%s\",\"ts\":1770602938," + "\"latitude\":48.2,\"longitude\":16.4}";

    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void theWayFromThePublisherToTheStatementIsOneTrace() {
        try (Collector collector = Collector.running();
                MsgstoreProcess msgstore = traced(collector.url()).startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish(
                    "devices/traced/up",
                    GPS.formatted("traced"),
                    Map.of(Tracing.PARENT, "00-" + TRACE + "-" + SPAN + "-01", "rr", "bbb"));
            Awaitility.await("the span of the statement").atMost(Limits.LIMIT).until(() -> collector.spans().stream()
                    .anyMatch(span ->
                            "camel-sql".equals(span.component()) && span.trace().equals(TRACE)));
            Awaitility.await("the span of the intake").atMost(Limits.LIMIT).until(() -> collector.spans().stream()
                    .anyMatch(span -> span.parent().equals(SPAN)));
            // a span is sent when it has ended, after those inside of it
            Awaitility.await("the spans around them").atMost(Limits.LIMIT).untilAsserted(() -> {
                List<Collector.Span> spans = collector.spans().stream()
                        .filter(span -> span.trace().equals(TRACE))
                        .toList();
                List<String> ids = spans.stream().map(Collector.Span::id).toList();
                assertThat(spans).allSatisfy(span -> {
                    assertThat(span.service()).isEqualTo("msgstore");
                    assertThat(span.parent())
                            .satisfiesAnyOf(parent -> assertThat(parent).isEqualTo(SPAN), parent -> assertThat(ids)
                                    .contains(parent));
                });
            });
            assertThat(collector.spans()).noneMatch(span -> "camel-timer".equals(span.component()));

            // bad: its dead letter has the trace, too, and the log line about it
            publisher.publish(
                    "devices/traced/up", "nonsense", Map.of(Tracing.PARENT, "00-" + TRACE + "-" + SPAN + "-01"));
            // without a trace of its own: the one that begins here
            publisher.publish("devices/traced/up", "more nonsense");
            Counts.afterAtLeast(3, msgstore);
            assertThat(SERVERS.postgres().query("select count(*) from dead_letters where trace_id = '" + TRACE + "'"))
                    .isOne();
            String other = SERVERS.postgres()
                    .rows("select trace_id from dead_letters where trace_id <> '" + TRACE + "'")
                    .get(0)
                    .get("trace_id")
                    .toString();
            Awaitility.await("the spans of the trace that its dead letter names")
                    .atMost(Limits.LIMIT)
                    .until(() -> collector.spans().stream()
                            .anyMatch(span -> span.trace().equals(other)));
        }
    }

    @Test
    void aLineAboutAMessageHasItsTraceIdAndOthersHaveNone() throws IOException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.log-format", "json")
                        .set("msgstore.debug", true)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("devices/a/up", GPS.formatted("a"), Map.of("trace_id", TRACE));
            publisher.publish(
                    "devices/b/up", GPS.formatted("b"), Map.of(Tracing.PARENT, "00-" + TRACE + "-" + SPAN + "-00"));
            Counts.afterAtLeast(2, msgstore);
            int about = 0;
            for (String line : msgstore.output().lines().toList()) {
                JsonNode event = JSON.readTree(line);
                boolean payload = event.get("message").asText().contains("terminal_id");
                about += payload ? 1 : 0;
                assertThat(event.path("trace.id").asText()).as(line).isEqualTo(payload ? TRACE : "");
            }
            assertThat(about).isEqualTo(2);
        }
    }

    @Test
    void aCollectorThatIsAwayCostsNoMessage() {
        try (MsgstoreProcess msgstore = traced("http://127.0.0.1:1").startAndAwaitReady()) {
            SERVERS.load().messages(5000).run();
            Counts counts = Counts.afterAtLeast(5000, msgstore);
            assertThat(counts.stored()).isEqualTo(5000);
            assertThat(msgstore.terminate()).isZero();
        }
    }

    @Test
    void aWrongSettingOfTheSdkStopsTheStart() {
        try (MsgstoreProcess msgstore = traced("http://127.0.0.1:1")
                .environment("OTEL_TRACES_SAMPLER", "sometimes")
                .start()) {
            assertThat(msgstore.awaitExit()).isOne();
            assertThat(msgstore.output())
                    .contains("msgstore: tracing: ", "sometimes")
                    .doesNotContain("\tat ");
        }
    }

    private static MsgstoreProcess.Builder traced(String url) {
        return SERVERS.msgstore()
                .set("msgstore.tracing", true)
                .environment("OTEL_EXPORTER_OTLP_ENDPOINT", url)
                .environment("OTEL_BSP_SCHEDULE_DELAY", "100");
    }
}
