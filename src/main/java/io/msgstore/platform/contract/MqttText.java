/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

import java.nio.charset.StandardCharsets;

/** What a text has to be for MQTT to carry it. */
public final class MqttText {
    /** The longest one, in bytes of UTF-8. */
    public static final int MAX_BYTES = 65535;

    private MqttText() {}

    /** Whether the client library sends it: no control characters, no noncharacters, no half of a pair. */
    public static boolean fits(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES
                && text.codePoints()
                        .noneMatch(c -> Character.isISOControl(c)
                                || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE
                                || c >= 0xFDD0 && c <= 0xFDEF
                                || (c & 0xFFFE) == 0xFFFE);
    }
}
