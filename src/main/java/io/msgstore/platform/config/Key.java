/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A setting of msgstore. Its purpose and its default stand in {@code application.properties} and nowhere else.
 *
 * @param name begins with {@code msgstore.}
 * @param rule what a value must be
 * @param secret never shown, and taken as it is, spaces and all
 */
public record Key(String name, Rule rule, boolean secret) {
    /** A setting that people may see. */
    public static Key of(String name, Rule rule) {
        return new Key(name, rule, false);
    }

    /** A password. */
    public static Key secret(String name) {
        return new Key(name, Rule.anything(), true);
    }

    /** The one of some names that a misspelt one was probably meant to be. */
    static Optional<String> nearest(String name, List<String> names) {
        String plain = plain(name);
        return names.stream()
                .filter(one -> distance(plain, plain(one)) <= 2)
                .min(Comparator.comparingInt(one -> distance(plain, plain(one))));
    }

    /** The name of the environment variable that sets it. */
    String variable() {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** The value as people may see it: on one line, without secrets. */
    String shown(String value) {
        if (value.isEmpty()) {
            return "";
        }
        return secret ? Secrets.MASK : Secrets.mask(value).replaceAll("\\p{Cntrl}", "?");
    }

    static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[._-]", "");
    }

    /** How many letters must be put in, taken out or changed to get from one to the other. */
    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(change, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
