/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Runs a check over the cases kept in {@code src/test/resources/fuzz/<name>.txt}, and then over generated ones. Case
 * {@code i} is generated from the seed {@code fuzz.seed + i}, so a failing one runs again, alone, with its own seed.
 *
 * <p>A case is a text, or bytes as the characters of ISO 8859-1. In a file it is a line: {@code \\} is a backslash,
 * <code>&#92;uXXXX</code> a character, and <code>\*9{text}</code> a text nine times. {@code #} begins a comment.
 */
public final class Fuzz {
    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final Integer CASES = Integer.getInteger("fuzz.cases");
    private static final int FAILURES_SHOWN = 10;
    private static final int CHARACTERS_SHOWN = 2000;
    private static final Pattern ESCAPE =
            Pattern.compile("\\\\(?:\\*(\\d+)\\{((?:[^}\\\\]|\\\\.)*)}|u([0-9a-f]{4})|(\\\\))");

    private Fuzz() {}

    /** One input, and where it came from. */
    public record Case(String origin, String input) {
        public byte[] bytes() {
            return input.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String toString() {
            String line = escape(input);
            return origin + ": "
                    + (line.length() > CHARACTERS_SHOWN ? line.substring(0, CHARACTERS_SHOWN) + " …" : line);
        }
    }

    /** What must hold for a case; throws when it doesn't. */
    public interface Check {
        void accept(Case one) throws Exception;
    }

    /** Checks every case, and fails with the first ones that fail, each with its seed. */
    public static void run(String name, int cases, Function<Dice, String> generator, Check check) {
        List<String> failures = new ArrayList<>();
        List<Throwable> causes = new ArrayList<>();
        cases(name, cases, generator).forEach(one -> {
            try {
                check.accept(one);
            } catch (Exception | AssertionError | StackOverflowError e) {
                failures.add(one + "\n    " + e);
                causes.add(e);
            }
            if (failures.size() >= FAILURES_SHOWN) {
                throw failure(name, failures, causes.get(0));
            }
        });
        if (!failures.isEmpty()) {
            throw failure(name, failures, causes.get(0));
        }
    }

    private static AssertionError failure(String name, List<String> failures, Throwable first) {
        return new AssertionError(
                "these cases of " + name + " failed; keep each as a line of fuzz/" + name + ".txt\n"
                        + String.join("\n", failures),
                first);
    }

    /** The kept cases, and then as many generated ones, or as many as {@code fuzz.cases} says. */
    public static Stream<Case> cases(String name, int cases, Function<Dice, String> generator) {
        return Stream.concat(
                kept(name).stream(),
                LongStream.range(SEED, SEED + (CASES == null ? cases : CASES))
                        .mapToObj(seed ->
                                new Case("-Dfuzz.seed=" + seed + " -Dfuzz.cases=1", generator.apply(new Dice(seed)))));
    }

    private static List<Case> kept(String name) {
        try (InputStream file = Fuzz.class.getResourceAsStream("/fuzz/" + name + ".txt")) {
            if (file == null) {
                throw new IllegalStateException("there is no fuzz/" + name + ".txt");
            }
            List<String> lines = new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            List<Case> cases = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                if (!lines.get(i).isBlank() && !lines.get(i).startsWith("#")) {
                    cases.add(new Case("fuzz/" + name + ".txt:" + (i + 1), unescape(lines.get(i))));
                }
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String unescape(String line) {
        return ESCAPE.matcher(line)
                .replaceAll(escape -> Matcher.quoteReplacement(
                        escape.group(1) != null
                                ? unescape(escape.group(2)).repeat(Integer.parseInt(escape.group(1)))
                                : escape.group(3) != null
                                        ? String.valueOf((char) Integer.parseInt(escape.group(3), 16))
                                        : "\\"));
    }

    static String escape(String input) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < input.length(); i++) {
            char c = input.charAt(i);
            if (c == '\\') {
                line.append("\\\\");
            } else if (c < ' ' || c > '~' || c == '#' && i == 0) {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        return line.toString();
    }
}
