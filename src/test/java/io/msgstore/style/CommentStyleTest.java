/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The formatter breaks a comment that is longer than a line, and leaves what it broke off on a line of its own. Such a comment is to
 * be wrapped by whoever wrote it, below 120 characters.
 */
class CommentStyleTest {
    private static final String COMMENT = "// ";
    private static final int SHORT = 50;

    @ParameterizedTest
    @ValueSource(strings = {"src/main/java", "src/test/java", "bench"})
    void noCommentIsBrokenByTheFormatter(String folder) throws IOException {
        List<String> broken = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".java")).toList()) {
                broken(Files.readAllLines(file)).forEach(line -> broken.add(file + ":" + line));
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void aLineThatWasBrokenOffIsFound() {
        assertThat(broken(List.of(
                        "    // a long line, of which the end was", "    // broken", "    // off", "    int a;")))
                .containsExactly("2: // broken");
        assertThat(broken(List.of("// a sentence", "// that ends here.", "// Another one", "int a;")))
                .isEmpty();
    }

    // a short line between two others, which ends no sentence
    private static List<String> broken(List<String> lines) {
        List<String> broken = new ArrayList<>();
        for (int i = 1; i < lines.size() - 1; i++) {
            String line = lines.get(i).strip();
            if (line.startsWith(COMMENT)
                    && lines.get(i - 1).strip().startsWith(COMMENT)
                    && lines.get(i + 1).strip().startsWith(COMMENT)
                    && line.length() < SHORT
                    && !line.matches(".*[.:?!]")) {
                broken.add(i + 1 + ": " + line);
            }
        }
        return broken;
    }
}
