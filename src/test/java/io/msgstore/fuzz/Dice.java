/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Random choices; the same ones for the same seed, on every JDK. */
public final class Dice {
    private static final String ASCII =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \"\\/{}[]():;,.+-*#$%&'?!=<>@^_`|~";
    private static final int[] ODD = {
        0, 1, 8, 9, 10, 13, 27, 31, 127, 0x80, 0x85, 0x9f, 0xa0, 0xad, 0xe9, 0x2028, 0x202e, 0xfdd0, 0xfeff, 0xfffd,
        0xfffe, 0xffff, 0x1f600, 0x1fffe, 0x10ffff
    };

    private final SplittableRandom random;

    Dice(long seed) {
        random = new SplittableRandom(seed);
    }

    public int below(int bound) {
        return random.nextInt(bound);
    }

    public int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    public boolean oneIn(int chances) {
        return random.nextInt(chances) == 0;
    }

    long number() {
        return random.nextLong();
    }

    double fraction() {
        return random.nextDouble();
    }

    @SafeVarargs
    public final <T> T of(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    @SafeVarargs
    final <T> T oneOf(Supplier<T>... choices) {
        return choices[random.nextInt(choices.length)].get();
    }

    /** Up to so many characters, most of them plain. Never half of a surrogate pair. */
    public String text(int most) {
        int length = random.nextInt(most + 1);
        StringBuilder text = new StringBuilder();
        int odd = of(0, 0, 20, 3);
        for (int i = 0; i < length; i++) {
            if (odd > 0 && oneIn(odd)) {
                text.appendCodePoint(ODD[random.nextInt(ODD.length)]);
            } else {
                text.append(ASCII.charAt(random.nextInt(ASCII.length())));
            }
        }
        return text.toString();
    }

    /** The text with a few characters changed, left out, put in or doubled. */
    String mutated(String text) {
        StringBuilder changed = new StringBuilder(text);
        for (int times = between(1, 4); times > 0; times--) {
            int at = random.nextInt(changed.length() + 1);
            int end = Math.min(changed.length(), at + random.nextInt(8));
            switch (random.nextInt(6)) {
                case 0 -> changed.delete(at, end);
                case 1 -> changed.insert(at, changed.substring(at, end));
                case 2 -> changed.setLength(at);
                case 3 -> changed.insert(at, (char) random.nextInt(256));
                case 4 -> changed.insert(at, ASCII.charAt(random.nextInt(ASCII.length())));
                default -> {
                    if (at < changed.length()) {
                        changed.setCharAt(at, (char) random.nextInt(256));
                    }
                }
            }
        }
        return changed.toString();
    }

    /** Bytes, as characters. */
    public String bytes(int most) {
        int length = random.nextInt(most + 1);
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < length; i++) {
            bytes.append((char) random.nextInt(256));
        }
        return bytes.toString();
    }

    /** A text's UTF-8, as characters. */
    static String utf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
