/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class SpoolBatchesTest {
    @TempDir
    private Path folder;

    @Test
    void smallLinesComeAHundredAtATime() throws Exception {
        List<String> lines =
                IntStream.range(0, 250).mapToObj(i -> "{\"n\":" + i + "}").toList();
        List<String> batches = batches(String.join("\n", lines) + "\n");
        assertThat(batches.stream().map(batch -> batch.lines().count())).containsExactly(100L, 100L, 50L);
        assertThat(String.join("\n", batches).lines()).containsExactlyElementsOf(lines);
    }

    @Test
    void largeLinesComeAsManyAsHaveAMebibyte() throws Exception {
        String line = "x".repeat(400_000);
        List<String> batches = batches((line + "\n").repeat(5));
        assertThat(batches.stream().map(batch -> batch.lines().count())).containsExactly(2L, 2L, 1L);
        assertThat(batches(("x".repeat(2_000_000) + "\n").repeat(2))).hasSize(2);
    }

    @Test
    void takesWhatACrashHasCutOff() throws Exception {
        byte[] cut = {'a', '\n', 'b', (byte) 0xE6, (byte) 0x97};
        assertThat(batches(cut)).singleElement().satisfies(batch -> assertThat(batch)
                .startsWith("a\nb"));
        assertThat(batches("")).isEmpty();
    }

    private List<String> batches(String content) throws Exception {
        return batches(content.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> batches(byte[] content) throws Exception {
        Path file = Files.write(folder.resolve("dead-letters-1.jsonl"), content);
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(file.toFile());
        Iterator<?> iterator = (Iterator<?>) new SpoolBatches().evaluate(exchange);
        List<String> batches = new ArrayList<>();
        iterator.forEachRemaining(batch -> batches.add((String) batch));
        ((Closeable) iterator).close();
        return batches;
    }
}
