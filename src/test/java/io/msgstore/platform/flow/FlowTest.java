/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.platform.config.Bundle;

import static org.assertj.core.api.Assertions.assertThat;

class FlowTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final int WIDTH = 100;

    @Test
    void theTextTellsEachRouteWithWhereItsMessagesComeFromAndGoTo() throws Exception {
        String text = FlowText.draw(flow());
        assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(WIDTH));
        assertThat(text)
                .containsSubsequence("\nqueue\n", "\nstore\n", "\nfailure\n", "\nwhen a message fails\n")
                .contains("""
                          store-gps-write
                              Writes a batch with one statement; its messages are acknowledged when this route is done
                              batch:gps → sql/postgresql/gps_v1/store-gps.sql → stored → direct:notify
                              fails: see store-failure
                        """)
                .contains("""
                              direct:dispatch → readEvent
                                event is gps → direct:store-gps
                                event is evt or cmd → direct:store-command
                                event is connect or disconnect → ignored
                        """)
                .contains("        with reason → direct:dead-letter\n")
                .contains("        body.size above 1 → batch:body.name\n")
                .contains("      held → tried again without end\n")
                .contains("""
                          store-failure
                              A bad message is isolated, an outage is waited for
                              refused → direct:isolate
                              too slow → direct:halve
                        """)
                .contains("tried often enough → direct:give-up")
                .contains("""
                              direct:enqueue → seda:messages
                              fails: see queue-full-failure, unexpected-failure
                        """)
                .contains("""
                          queue-full-failure
                              Applies the policy for a full queue
                              msgstore.enqueue-mode is disconnect → leaveBroker → seda:messages
                              queue full → droppedQueueFull
                        """);
        for (Flow.Way way : flow().ways()) {
            assertThat(text).contains("\n  " + way.id() + "\n");
        }
    }

    @Test
    void thePictureInTheReadmeIsTheOneOfTheRoutes() throws Exception {
        String readme = Files.readString(PROJECT.resolve("README.md"));
        String fence = "```mermaid\n";
        int start = readme.indexOf(fence) + fence.length();
        assertThat(readme.substring(start, readme.indexOf("```", start)))
                .as("the picture in README.md; java -jar target/msgstore.jar --print-routes=mermaid prints the new one")
                .isEqualTo(FlowMermaid.draw(flow()));
    }

    @Test
    void thePictureShowsWhereAMessageCanGetToAndNothingElse() throws Exception {
        String picture = FlowMermaid.draw(flow());
        assertThat(picture)
                .contains("broker --> intake-mqtt\n")
                .contains("queue-enqueue -->|seda| queue-dequeue\n")
                .contains("queue-enqueue -.->|msgstore.enqueue-mode is disconnect, seda| queue-dequeue\n")
                .contains("dispatch -->|event is gps| store-gps\n")
                .contains("store-gps -->|batch| store-gps-write\n")
                .contains("store-gps-write --> sql-store-gps\n")
                .contains("store-gps-write -.->|refused| failure-isolate\n")
                .doesNotContain("api-", "queue-return", "replay-dead-letters");
    }

    @Test
    void thePictureOfRedisShowsTheStreamBetweenIntakeAndStore() throws Exception {
        assertThat(FlowMermaid.draw(flow("redis", "")))
                .contains("""
                          subgraph queue-stage [queue]
                            queue-enqueue
                            queue-full
                          end
                          subgraph dequeue-stage [dequeue]
                            queue-dequeue
                          end
                        """)
                .contains("broker --> intake-mqtt\n")
                .contains("intake-filter -->|otherwise| queue-enqueue\n")
                .contains("queue-enqueue -->|otherwise, redis-stream| queue-dequeue\n")
                .contains("queue-enqueue -->|full| queue-full\n")
                .contains("queue-full -->|msgstore.enqueue-mode is disconnect, redis-stream| queue-dequeue\n")
                .contains("queue-dequeue --> dispatch\n")
                .doesNotContain("queue-length", "queue-watch", "queue-fallback");
    }

    @Test
    void thePictureOfKafkaShowsTheTopicBetweenIntakeAndStore() throws Exception {
        assertThat(FlowMermaid.draw(flow("kafka", "")))
                .contains("broker --> intake-mqtt\n")
                .contains("intake-filter -->|otherwise| queue-enqueue\n")
                .contains("queue-enqueue -->|otherwise| queue-send\n")
                .contains("queue-enqueue -->|queue full| queue-full\n")
                .contains("queue-full -->|msgstore.enqueue-mode is disconnect| queue-send\n")
                .contains("queue-send -->|kafka| queue-dequeue\n")
                .contains("queue-dequeue --> dispatch\n")
                .contains("queue-dequeue -.->|any other error| dead-letter\n")
                .doesNotContain("queue-length", "queue-watch", "queue-deliver", "queue-fallback");
    }

    @ParameterizedTest
    @CsvSource({"redis, direct", "redis, memory", "kafka, direct", "kafka, memory"})
    void thePictureShowsTheWayPastADurableQueue(String queue, String fallback) throws Exception {
        assertThat(FlowMermaid.draw(flow(queue, fallback)))
                .contains("queue-enqueue -->|queue degraded| queue-fallback\n")
                .contains("queue-enqueue -.->|has fallback| queue-fallback\n")
                .contains(
                        fallback.equals("direct")
                                ? "queue-fallback --> dispatch\n"
                                : "queue-fallback -->|seda| queue-fallback-dequeue\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    ${header.event} == 'gps'                          | event is gps
                    ${header.event} in 'evt,cmd'                      | event is evt or cmd
                    ${header.event} in 'a,b,c'                        | event is one of a,b,c
                    ${header.reason} != null                          | with reason
                    ${body} == null                                   | no body
                    ${body.size} > 1                                  | body.size above 1
                    '{{msgstore.enqueue-mode}}' == 'disconnect'       | msgstore.enqueue-mode is disconnect
                    {{msgstore.notify}} && ${body.size} > 0           | msgstore.notify and body.size above 0
                    """)
    void conditionsAreInWords(String condition, String words) {
        assertThat(Words.simple(condition)).isEqualTo(words);
    }

    private static Flow flow() throws Exception {
        return flow("memory", "");
    }

    /** The files that the service loads, in its order. */
    private static Flow flow(String queue, String fallback) throws Exception {
        Bundle bundle = new Bundle(PROJECT);
        List<String> files = new ArrayList<>(bundle.routes("intake"));
        files.add(bundle.route("queue/" + queue + ".camel.yaml").orElseThrow());
        files.addAll(bundle.routes("queue/common"));
        if (!fallback.isEmpty()) {
            files.add(bundle.route("queue/fallback/" + fallback + ".camel.yaml").orElseThrow());
        }
        for (String folder : List.of("mapping", "store/gps_v1", "failure", "api", "platform")) {
            files.addAll(bundle.routes(folder));
        }
        Properties defaults = new Properties();
        try (Reader reader = Files.newBufferedReader(PROJECT.resolve("application.properties"))) {
            defaults.load(reader);
        }
        return new FlowReader(defaults, Map.of("{{sql}}", "sql/postgresql", "{{msgstore.write-mode}}", "gps_v1"))
                .read(files);
    }
}
