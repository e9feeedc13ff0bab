/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class GuaranteesTest {
    private static final String ROUTE = """
            - route:
                id: queue-enqueue
                note: "%s"
                from:
                  uri: direct:enqueue
                  steps:
                    - to:
                        uri: mock:queue
            """;

    /** The one table is written by hand, from the other: the files. */
    @Test
    void theDocumentationSaysWhatTheFilesSay() throws Exception {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> shipped = Files.list(Path.of("routes/queue"))) {
            shipped.filter(Files::isRegularFile).forEach(files::add);
        }
        files.add(Path.of("docs/queues/file.camel.yaml"));
        Map<String, List<String>> declared = new LinkedHashMap<>();
        for (Path file : files) {
            declared.put(file.getFileName().toString().replace(".camel.yaml", ""), Guarantees.read(note(file)));
        }
        assertThat(declared).containsOnlyKeys("memory", "redis", "kafka", "file");
        assertThat(declared.values()).doesNotContain(List.of());
        assertThat(documented()).isEqualTo(declared);
    }

    private static Map<String, List<String>> documented() throws IOException {
        List<String> table = Files.readAllLines(Path.of("docs/queues.md")).stream()
                .dropWhile(line -> !line.startsWith("| it guarantees |"))
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        List<String> queues = cells(table.get(0));
        Map<String, List<String>> documented = new LinkedHashMap<>();
        List<String> rows = new ArrayList<>();
        for (String row : table.subList(2, table.size())) {
            List<String> cells = cells(row);
            rows.add(name(cells.get(0)));
            for (int column = 1; column < cells.size(); column++) {
                assertThat(cells.get(column)).as(row).matches("(yes|no)(: .*)?");
                List<String> names = documented.computeIfAbsent(name(queues.get(column)), queue -> new ArrayList<>());
                if (cells.get(column).startsWith("yes")) {
                    names.add(name(cells.get(0)));
                }
            }
        }
        assertThat(rows).isEqualTo(Guarantees.NAMES);
        return documented;
    }

    private static List<String> cells(String row) {
        return Stream.of(row.substring(1).split("\\|")).map(String::trim).toList();
    }

    private static String name(String cell) {
        return cell.replaceAll("^[^`]*`([^`]+)`.*", "$1");
    }

    private static String note(Path file) throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            PluginHelper.getRoutesLoader(context)
                    .loadRoutes(ResourceHelper.resolveMandatoryResource(context, "file:" + file.toAbsolutePath()));
            return context.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions().stream()
                    .filter(Guarantees::isEntrance)
                    .findFirst()
                    .map(RouteDefinition::getNote)
                    .orElseThrow();
        }
    }

    @Test
    void readsALineOfTheNote() {
        assertThat(Guarantees.read("guarantees: shared ,durable")).containsExactly("durable", "shared");
        assertThat(Guarantees.read("Ask Eve.\nguarantees: durable\nNot on Sundays."))
                .containsExactly("durable");
        assertThat(Guarantees.read("guarantees:")).isEmpty();
        assertThat(Guarantees.read("It guarantees: durable")).isEmpty();
        assertThat(Guarantees.read(null)).isEmpty();
    }

    @Test
    void knowsWhatTheQueueThatRunsSays() throws Exception {
        Guarantees guarantees = new Guarantees();
        start(guarantees, "guarantees: durable, exact-length");
        assertThat(guarantees.declared()).containsExactly("durable", "exact-length");
        start(guarantees, "");
        assertThat(guarantees.declared()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"lasting", "Durable", "durable shared"})
    void doesNotStartWithOneThatThereIsNot(String word) {
        assertThatThrownBy(() -> start(new Guarantees(), "guarantees: shared, " + word))
                .rootCause()
                .hasMessage("the note of the route from direct:enqueue says that the queue guarantees \"" + word
                        + "\"; must be of durable, shared, ordered-by-key, replayable, exact-length");
    }

    private static void start(Guarantees guarantees, String note) throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            context.addRoutePolicyFactory(guarantees);
            PluginHelper.getRoutesLoader(context)
                    .loadRoutes(ResourceHelper.fromString("queue.camel.yaml", String.format(ROUTE, note)));
            context.start();
        }
    }
}
