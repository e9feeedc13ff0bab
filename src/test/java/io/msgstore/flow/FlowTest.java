/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.flow;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.config.Bundle;

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
                              bad data → direct:isolate
                              too slow → direct:isolate
                        """)
                .contains("tried often enough → direct:give-up")
                .contains("""
                              direct:enqueue → queue:messages
                                full → direct:queue-full
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
                .contains("queue-enqueue -->|queue| queue-dequeue\n")
                .contains("queue-enqueue -->|full| queue-full\n")
                .contains("dispatch -->|event is gps| store-gps\n")
                .contains("store-gps -->|batch| store-gps-write\n")
                .contains("store-gps-write --> sql-store-gps\n")
                .contains("store-gps-write -.->|bad data| failure-isolate\n")
                .doesNotContain("api-", "queue-return", "replay-dead-letters");
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
        Bundle bundle = new Bundle(PROJECT);
        List<String> files = new ArrayList<>();
        for (String folder : List.of("intake", "queue", "store/gps_v1", "failure", "api")) {
            files.addAll(bundle.routes(folder));
        }
        return new FlowReader(Map.of("{{sql}}", "sql/postgresql", "{{msgstore.write-mode}}", "gps_v1")).read(files);
    }
}
