/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Timestamps of envelopes, such as {@code 2026-01-23T17:00:00.123Z}. Thousands of messages have the second in common, so
 * its text is kept.
 */
final class Timestamps {
    private static final int SECOND_LENGTH = "2026-01-23T17:00:00.".length();
    private static final int LENGTH = SECOND_LENGTH + "123Z".length();
    // the last one before the year 10000, where a database's years end
    private static final long LATEST_MILLIS = 253_402_300_799_999L;
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);

    // the one that was written last, and the one that was read last, which may be hours old
    private static volatile Second written = new Second(Long.MIN_VALUE, new byte[0]);
    private static volatile Second read = written;

    private Timestamps() {}

    /** The beginning of a timestamp in UTC, up to the dot. */
    private record Second(long epochSecond, byte[] text) {
        static Second of(long epochSecond) {
            String text = SECONDS.format(Instant.ofEpochSecond(epochSecond));
            return new Second(epochSecond, text.getBytes(StandardCharsets.US_ASCII));
        }

        boolean begins(String timestamp) {
            if (text.length != SECOND_LENGTH) {
                return false;
            }
            for (int i = 0; i < SECOND_LENGTH; i++) {
                if (timestamp.charAt(i) != text[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * The beginning of the timestamp of a time, up to the dot, in ASCII.
     *
     * @param millis milliseconds since the epoch
     * @return shared: not to be changed
     */
    static byte[] second(long millis) {
        long epochSecond = Math.floorDiv(millis, 1000L);
        Second known = written;
        if (known.epochSecond != epochSecond) {
            known = Second.of(epochSecond);
            written = known;
        }
        return known.text;
    }

    /**
     * The time of a timestamp; one as msgstore writes it is read in little time.
     *
     * @return milliseconds since the epoch
     * @throws DateTimeException if it is no timestamp, or no message can be of that time: one before 1970 or after 9999
     */
    static long millis(String timestamp) {
        long millis;
        try {
            millis = parsed(timestamp);
        } catch (ArithmeticException e) {
            throw new DateTimeException("no message was received at " + timestamp, e);
        }
        if (millis < 0 || millis > LATEST_MILLIS) {
            throw new DateTimeException("no message was received at " + timestamp);
        }
        return millis;
    }

    private static long parsed(String timestamp) {
        Second known = read;
        if (timestamp.length() == LENGTH && timestamp.charAt(LENGTH - 1) == 'Z' && known.begins(timestamp)) {
            int millis = 0;
            for (int i = SECOND_LENGTH; i < LENGTH - 1; i++) {
                int digit = timestamp.charAt(i) - '0';
                if (digit < 0 || digit > 9) {
                    return Instant.parse(timestamp).toEpochMilli();
                }
                millis = millis * 10 + digit;
            }
            return known.epochSecond * 1000 + millis;
        }
        long millis = Instant.parse(timestamp).toEpochMilli();
        read = Second.of(Math.floorDiv(millis, 1000L));
        return millis;
    }
}
