/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A step that holds a message for an hour at one place in the routes, so that msgstore can be killed while a message is just
 * there. It is put into a copy of the routes, as a user would edit them.
 *
 * @param route file below {@code routes/}
 * @param before id of the node that the message does not get to
 * @param oneIn one message of so many is held, by chance; 1 holds all
 */
record Trap(String route, String before, int oneIn) {
    /** What the log says when a message is held. */
    static final String SPRUNG = "held by a trap";

    private static final String STEP = """
            - filter:
                id: trap
                expression:
                  simple:
                    expression: "${random(%d)} == 0"
                steps:
                  - log:
                      id: trap-log
                      message: "%s"
                  - delay:
                      id: trap-delay
                      asyncDelayed: "false"
                      expression:
                        constant:
                          expression: "3600000"
            """;

    /** Sets it in the routes of a working directory. */
    void set(Path folder) {
        Path file = folder.resolve("routes").resolve(route);
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            int at = lines.indexOf(lines.stream()
                    .filter(line -> line.strip().equals("id: " + before))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no node " + before + " in " + file)));
            Matcher item = Pattern.compile("( *)- \\w+:").matcher("");
            do {
                at--;
            } while (!item.reset(lines.get(at)).matches());
            lines.addAll(
                    at,
                    STEP.formatted(oneIn, SPRUNG)
                            .indent(item.group(1).length())
                            .lines()
                            .toList());
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
