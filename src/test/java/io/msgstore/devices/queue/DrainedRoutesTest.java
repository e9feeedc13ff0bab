/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class DrainedRoutesTest {
    private static final Pattern ID = Pattern.compile("\\bid: (\\S+)");

    @ParameterizedTest
    @CsvSource({
        "routes/queue/redis.camel.yaml, redis-stream:{{msgstore.redis.key}}",
        "routes/queue/kafka.camel.yaml, kafka-queue:{{msgstore.queue.kafka.topic}}",
        "docs/queues/file.camel.yaml, file:{{queue.folder}}"
    })
    void theWayOutOfAQueueIsKeptUnderOtherNames(Path file, String from) throws Exception {
        String text = DrainedRoutes.yaml(Files.readString(file));
        // what stands beside the routes in the file keeps its names: the routes that are kept refer to it by them
        String kept = text.substring(text.indexOf("- route:"));
        assertThat(ID.matcher(kept).results().map(id -> id.group(1)))
                .isNotEmpty()
                .allMatch(id -> id.startsWith("drain-"));
        assertThat(text)
                .contains("ref: takeDrainedMessage", "uri: direct:dispatch", "routeConfigurationId: unexpected-failure")
                .doesNotContain("direct:queue-", "ref: takeMessage", "direct:enqueue", "ref: enqueued");
        List<RouteDefinition> routes = routes(Files.readString(file));
        assertThat(routes).extracting(RouteDefinition::getRouteId).containsExactly("drain-dequeue", "drain-length");
        RouteDefinition workers = routes.get(0);
        assertThat(workers.getGroup()).isEqualTo("dequeue");
        assertThat(workers.getAutoStartup()).isEqualTo("false");
        assertThat(workers.getInput().getEndpointUri()).startsWith(from);
        assertThat(routes.get(1).getInput().getEndpointUri()).isEqualTo("direct:drain-length");
    }

    private static List<RouteDefinition> routes(String file) throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            context.addRoutes(DrainedRoutes.of("old", file));
            return List.copyOf(context.getCamelContextExtension()
                    .getContextPlugin(Model.class)
                    .getRouteDefinitions());
        }
    }

    /** A queue whose worker has the routes of the way out, and of more, in their own forms. */
    private static final String QUEUE = """
            - beans:
                - name: shelf
                  type: java.util.ArrayList
            - routeConfiguration:
                id: shelf-failure
            - rest:
                path: /shelf
            - route:
                id: mine-enqueue
                from:
                  uri: direct:enqueue
                  steps:
                    - to: direct:mine-put
            - route:
                id: mine-put
                from:
                  uri: direct:mine-put
                  steps: []
            - route:
                id: queue-length
                from:
                  uri: direct
                  parameters:
                    name: queue-length
                  steps:
                    - setBody:
                        constant: 7
            - route:
                id: mine-take
                group: dequeue
                routeConfigurationId: shelf-failure
                from:
                  uri: timer:mine
                  parameters:
                    period: 100
                  steps:
                    - process:
                        ref: takeBatch
                    - split:
                        simple: ${body}
                        steps:
                          - to:
                              uri: direct
                              parameters:
                                name: mine-store
                                timeout: 5000
                    - to: direct:enqueue
            - route:
                id: mine-store
                from:
                  uri: direct:mine-store
                  steps:
                    - to: direct:mine-log?block=false
            - route:
                id: mine-log
                from:
                  uri: direct:mine-log
                  steps:
                    - to:
                        uri: mock:log
                        parameters:
                          id: kept
                    - to: direct:dispatch
            """;

    @Test
    void whatTheWayOutCallsIsKeptToo() {
        String text = DrainedRoutes.yaml(QUEUE);
        assertThat(ID.matcher(text).results().map(id -> id.group(1)))
                .containsExactly(
                        "shelf-failure",
                        "drain-mine-take",
                        "drain-length",
                        "drain-mine-store",
                        "drain-mine-log",
                        "kept");
        assertThat(text)
                .contains(
                        "name: shelf",
                        "ref: takeDrainedBatch",
                        "uri: direct:drain-mine-store",
                        "timeout: 5000",
                        "to: direct:drain-mine-log?block=false",
                        "to: direct:dispatch",
                        "routeConfigurationId: shelf-failure",
                        "uri: direct:drain-length",
                        "period: 100")
                // for the queue that has taken its place
                .contains("to: direct:enqueue")
                .doesNotContain("mine-put", "rest");
    }

    @Test
    void camelTakesIt() throws Exception {
        assertThat(routes(QUEUE)).hasSize(4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "routes/queue/memory.camel.yaml | it can't be drained: no route of its file is from direct:queue-length",
                "routes/queue/redis.camel.yaml  | it can't be drained: no route of its file is of the group dequeue"
            })
    void saysWhyAQueueCanNotBeDrained(Path file, String why) throws IOException {
        String text = Files.readString(file).replace("group: dequeue", "group: queue");
        assertThatThrownBy(() -> DrainedRoutes.of("old", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(why);
    }

    @Test
    void saysThatAFileHoldsNoRoutes() {
        assertThatThrownBy(() -> DrainedRoutes.of("old", "route: {}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("its file holds no list of routes");
    }

    @Test
    void saysThatAFileIsNoYamlInALine() {
        assertThatThrownBy(() -> DrainedRoutes.of("old", "- route: {\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith("its file can't be read: ")
                        .hasLineCount(1));
    }
}
