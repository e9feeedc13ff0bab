/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Generates query strings of the dead letters' API: right, nearly right, and broken. */
final class Queries {
    private static final String[] TIMES = {
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.123456789+08:00",
        "-0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "-4713-11-23T00:00:00Z",
        "-4714-01-01T00:00:00Z",
        "+294277-01-01T00:00:00Z",
        "+999999999-12-31T23:59:59Z",
        "+999999999-12-31T23:59:59.999999999-18:00",
        "-999999999-01-01T00:00:00+18:00",
        "2026-01-01T24:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "2026-01-01",
        "infinity",
        "now"
    };
    private static final String[] NUMBERS = {
        "0",
        "1",
        "10",
        "500",
        "501",
        "-1",
        "+1",
        "1e3",
        "9223372036854775807",
        "9223372036854775808",
        "٣",
        " 1",
        "0x10",
        "007"
    };

    private Queries() {}

    static String next(Dice dice) {
        StringBuilder query = new StringBuilder();
        for (int i = dice.below(4); i > 0; i--) {
            query.append(query.isEmpty() ? "" : dice.oneIn(20) ? "&&" : "&").append(parameter(dice));
        }
        return dice.oneIn(6) ? dice.mutated(query.toString()) : query.toString();
    }

    private static String parameter(Dice dice) {
        String name = dice.oneIn(20)
                ? dice.text(10)
                : dice.of("reason", "topic", "event", "open", "from", "to", "limit", "after", "id", "CamelSqlQuery");
        String value = dice.oneIn(6)
                ? dice.text(dice.oneIn(50) ? 3000 : 30)
                : switch (name) {
                    case "from", "to" -> dice.of(TIMES);
                    case "limit", "after", "id" -> dice.of(NUMBERS);
                    case "open" -> dice.of("true", "false", "TRUE", "");
                    case "topic" -> dice.oneIn(3) ? odd(dice) : TopicFuzzTest.filter(dice);
                    default -> dice.of("bad-data", "gps", "not-json", "", "%00", "%", "%zz", "%ff%fe", "%u0041");
                };
        boolean encoded = !value.startsWith("%");
        return URLEncoder.encode(name, StandardCharsets.UTF_8)
                + (dice.oneIn(30) ? "" : "=")
                + (encoded ? URLEncoder.encode(value, StandardCharsets.UTF_8) : value);
    }

    // what means something in a regular expression
    private static String odd(Dice dice) {
        return dice.of(
                "***=",
                "***:(",
                "(?i)",
                "[[:<:]]",
                "a{1,300}",
                "a{99999}",
                "\\",
                "\\y",
                "(",
                "[",
                "]",
                "^$",
                "*",
                "a**",
                "\\1",
                "(((((",
                "[a-",
                "\\x{110000}",
                "+/+/+/#",
                "a|b",
                "-",
                ".*",
                "x".repeat(2000));
    }
}
