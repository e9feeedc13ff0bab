/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.platform.config.Bundle;

import static org.assertj.core.api.Assertions.assertThat;

/** What {@code --map} prints. */
class TryMappingTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void writeMapping() throws IOException {
        Files.createDirectory(folder.resolve("mappings"));
        Files.writeString(folder.resolve("mappings/m.yaml"), """
                topic: lab/+
                jq: '.[] | {event: "evt", device: $levels[1], value: .}'
                """);
    }

    @Test
    void printsTheMessagesOfAPayloadALineEach() {
        assertThat(run("m", "lab/a", "[1,\"ü\"]\n")).isTrue();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("""
                        {"event":"evt","device":"a","value":1}
                        {"event":"evt","device":"a","value":"ü"}
                        """);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void readsTopicsAndPayloadsAsMosquittoSubPrintsThem() {
        assertThat(run("m", null, "lab/a [1]\nlab/b 5\n\nlab/c []\nlab\n")).isFalse();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualToNormalizingNewlines("{\"event\":\"evt\",\"device\":\"a\",\"value\":1}\n");
        assertThat(err.toString().lines())
                .containsExactly(
                        "msgstore: line 2: mapping m: Cannot iterate over number (5)",
                        "msgstore: line 4: no message: the mapping leaves this one out",
                        "msgstore: line 5: must be a topic, a space and a payload");
    }

    @Test
    void saysWhatIsWrongWithTheMapping() {
        assertThat(run("n", "lab/a", "1")).isFalse();
        assertThat(err.toString()).startsWith("msgstore: there is no file n, and no mapping of that name; there are [");
        assertThat(run("m", "other", "1")).isFalse();
        assertThat(err.toString()).contains("msgstore: mapping m: is not for the topic other");
        assertThat(out.toString()).isEmpty();
    }

    private boolean run(String file, String topic, String input) {
        return new TryMapping(
                        file,
                        topic,
                        new Bundle(folder),
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run();
    }
}
