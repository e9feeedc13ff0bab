/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

/** Generates payloads: messages with odd values, envelopes around them, any JSON, and all of these broken. */
final class Payloads {
    private static final String[] NUMBERS = {
        "0",
        "-0",
        "1",
        "-1",
        "0.1",
        "1.5",
        "90.0000001",
        "1e5",
        "1E-7",
        "2147483647",
        "2147483648",
        "-2147483649",
        "1e10",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999",
        "100000000000",
        "-100000000000",
        "1770602938123",
        "1e15",
        "8.64e15",
        "9224318015999",
        "9224318016000",
        "-210866803200",
        "-210866803201",
        "1e18",
        "1e38",
        "1e308",
        "1e309",
        "-1e400",
        "1e-400",
        "1e16383",
        "1e131071",
        "1e131072",
        "1e-16383",
        "1e-16384",
        "1e999999",
        "1e99999999999",
        "0.0000000000000000000000000001",
        "123456789012345678901234567890.123456789",
        "9999.9999995",
        "99999999.995",
        "999999999",
        "0e999",
        "1e-0"
    };
    private static final String[] TEXTS = {
        "",
        " ",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "infinity",
        "-infinity",
        "inf",
        "1e400",
        "1e131072",
        "0x1F",
        "1_000",
        " 1 ",
        "1e5",
        "+5",
        "--5",
        "true",
        "null",
        "now",
        "today",
        "epoch",
        "allballs",
        "yesterday",
        "2026-02-09T02:08:58Z",
        "2026-02-09 02:08:58.123456789+08",
        "2026-02-30T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00+99:99",
        "2026-01-01T00:00:00+15:59",
        "2026-01-01 Europe/Berlin",
        "2026-01-01 Nowhere/Land",
        "2026-01-01 ABC-200",
        "0000-01-01T00:00:00Z",
        "0001-01-01 BC",
        "4713-01-01 BC",
        "4714-11-24 BC",
        "4714-11-23 BC",
        "4715-01-01 BC",
        "294276-12-31T23:59:59Z",
        "294277-01-01T00:00:00Z",
        "999999-01-01",
        "J0",
        "J2451187",
        "J99999999999",
        "1 day",
        "P1D",
        "01/02/03",
        "20260101T000000",
        "1770602938",
        "{}",
        "[]",
        "(1,2)",
        "{\"a\":1}",
        "gps",
        "evt",
        "cmd",
        "013912345682",
        "../../etc/passwd",
        "'; drop table x; --"
    };
    private static final String[] EVENTS = {
        "gps", "gps", "gps", "gps", "evt", "evt", "cmd", "cmd", "connect", "disconnect"
    };

    private Payloads() {}

    /** A payload, its bytes as characters. */
    static String next(Dice dice) {
        if (dice.oneIn(40)) {
            return dice.bytes(200);
        }
        String payload = Dice.utf8(dice.oneIn(10) ? value(dice, dice.below(6)) : message(dice));
        if (dice.oneIn(8)) {
            payload = Dice.utf8(envelope(dice, payload(dice, payload)));
        }
        return dice.oneIn(6) ? dice.mutated(payload) : payload;
    }

    // an envelope is around text: bytes that are no UTF-8 come later, by mutation
    private static String payload(Dice dice, String utf8) {
        return new String(
                utf8.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static String message(Dice dice) {
        String event = dice.oneIn(30) ? dice.text(20) : dice.of(EVENTS);
        StringBuilder json = new StringBuilder("{");
        field(dice, json, "event", dice.oneIn(40) ? value(dice, 2) : string(dice, event));
        if (event.equals("gps")) {
            field(dice, json, "terminal_id", good(dice, "\"t" + dice.below(1000) + "\""));
            field(dice, json, "ts", good(dice, Long.toString(1_770_000_000L + dice.below(1_000_000))));
            field(dice, json, "latitude", good(dice, Double.toString(dice.between(-900, 900) / 10.0)));
            field(dice, json, "longitude", good(dice, Double.toString(dice.between(-1800, 1800) / 10.0)));
            for (String name : new String[] {
                "gps_time",
                "latitude_gcj",
                "longitude_gcj",
                "altitude",
                "speed",
                "direction",
                "status",
                "alarm",
                "extra"
            }) {
                if (dice.oneIn(4)) {
                    field(dice, json, name, good(dice, name.equals("gps_time") ? "null" : "5"));
                }
            }
        } else {
            for (String name : new String[] {"event_type", "type", "ts", "reason_code", "open", "event"}) {
                if (dice.oneIn(3)) {
                    field(dice, json, name, good(dice, name.equals("event") ? string(dice, event) : "5"));
                }
            }
        }
        if (dice.oneIn(4)) {
            field(dice, json, dice.text(10), value(dice, dice.below(5)));
        }
        return json.append('}').toString();
    }

    private static void field(Dice dice, StringBuilder json, String name, String value) {
        if (dice.oneIn(60)) {
            return;
        }
        json.append(json.length() > 1 ? "," : "")
                .append(dice.oneIn(50) ? " \n\t" : "")
                .append(string(dice, name))
                .append(':')
                .append(value);
        if (dice.oneIn(80)) {
            field(dice, json, name, value(dice, 1));
        }
    }

    private static String good(Dice dice, String value) {
        return dice.oneIn(8) ? value(dice, 2) : value;
    }

    static String envelope(Dice dice, String payload) {
        StringBuilder json = new StringBuilder("{");
        field(dice, json, "ts", good(dice, "\"2026-01-23T17:00:00.123Z\""));
        field(dice, json, "topic", good(dice, "\"devices/alice/up\""));
        field(dice, json, "payload", payload);
        for (String name : new String[] {
            "qos", "retain", "client_id", "username", "peer", "protocol", "trace_id", "user_properties"
        }) {
            if (dice.oneIn(3)) {
                field(dice, json, name, good(dice, "\"x\""));
            }
        }
        return json.append('}').toString();
    }

    /** Any JSON value. */
    static String value(Dice dice, int depth) {
        int kind = dice.below(depth > 0 ? 12 : 9);
        if (kind < 4) {
            return dice.oneIn(5) ? Double.toString(dice.fraction() * dice.number()) : dice.of(NUMBERS);
        }
        if (kind < 8) {
            return string(dice, dice.oneIn(3) ? dice.text(dice.oneIn(50) ? 5000 : 40) : dice.of(TEXTS));
        }
        if (kind == 8) {
            return dice.of("true", "false", "null");
        }
        if (kind == 9 && dice.oneIn(20)) {
            int levels = dice.of(100, 900, 999, 1000, 1001, 3000);
            String open = dice.of("[", "{\"a\":");
            return open.repeat(levels) + "1" + (open.equals("[") ? "]" : "}").repeat(levels);
        }
        StringBuilder json = new StringBuilder();
        for (int i = dice.below(5); i > 0; i--) {
            json.append(json.isEmpty() ? "" : ",");
            json.append(kind < 11 ? "" : string(dice, dice.oneIn(3) ? "a" : dice.text(8)) + ":");
            json.append(value(dice, depth - 1));
        }
        return kind < 11 ? "[" + json + "]" : "{" + json + "}";
    }

    private static String string(Dice dice, String text) {
        StringBuilder json = new StringBuilder("\"");
        boolean escapes = dice.oneIn(20);
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
            } else if (c < ' ' || c < 0x10000 && escapes) {
                json.append(String.format("\\u%04x", c));
            } else {
                json.appendCodePoint(c);
            }
        });
        if (dice.oneIn(100)) {
            json.append(dice.of("\\u0000", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\ud83dx", "\\/", "\\uFFFF"));
        }
        return json.append('"').toString();
    }
}
