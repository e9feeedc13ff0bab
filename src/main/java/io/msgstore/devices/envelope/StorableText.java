/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.nio.charset.StandardCharsets;

/** What a text column can hold: any character but a NUL and half of a surrogate pair. */
public final class StorableText {
    private StorableText() {}

    /** The text with a replacement for what UTF-8 and SQL can't hold; null for null. */
    public static String of(String text) {
        if (text == null) {
            return null;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return new String(
                        text.replace('\u0000', '\uFFFD').getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }
}
