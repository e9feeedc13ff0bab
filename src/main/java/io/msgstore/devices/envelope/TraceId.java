/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the trace ids of messages that come without one. */
final class TraceId {
    private static final int DIGITS = 32;

    private TraceId() {}

    /** A random trace id as W3C Trace Context writes it: 32 hexadecimal digits in lower case. */
    static String random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        byte[] digits = new byte[DIGITS];
        hexadecimal(digits, 0, random.nextLong());
        hexadecimal(digits, DIGITS / 2, random.nextLong());
        return new String(digits, StandardCharsets.ISO_8859_1);
    }

    private static void hexadecimal(byte[] digits, int from, long value) {
        long rest = value;
        for (int i = from + DIGITS / 2 - 1; i >= from; i--) {
            digits[i] = (byte) Character.forDigit((int) (rest & 15), 16);
            rest >>>= 4;
        }
    }
}
