/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

/**
 * Replaces in topic and properties of a PUBLISH packet of MQTT 5 what Paho refuses: control characters and noncharacters.
 *
 * <p>MQTT lets them pass (5.0, 1.5.4: "should not"), and so do brokers. Paho's receiver ends at such a packet, the broker
 * delivers it again to the next connection, and nothing that is behind it ever arrives. A replacement is as long as what
 * it replaces, so the packet stays as it is otherwise.
 */
final class PublishText {
    private int at;

    /**
     * Changes the packet, which may be the beginning of one, and need not be what MQTT says. Not for several threads.
     *
     * @param first first byte of the packet
     * @param body what follows the packet's length
     */
    void replace(int first, byte[] body) {
        at = 0;
        text(body, true);
        at += (first >> 1 & 3) > 0 ? 2 : 0;
        int properties = number(body);
        // MQTT 5.0, 2.2.2.2
        for (int end = at + properties; at < Math.min(end, body.length); ) {
            switch (body[at++]) {
                case 0x01 -> at += 1;
                case 0x02 -> at += 4;
                case 0x23 -> at += 2;
                case 0x03, 0x08 -> text(body, true);
                case 0x26 -> {
                    text(body, true);
                    text(body, true);
                }
                case 0x09 -> text(body, false);
                case 0x0B -> number(body);
                default -> {
                    return;
                }
            }
        }
    }

    private int number(byte[] body) {
        int number = 0;
        for (int shift = 0; at < body.length; shift += 7) {
            int digit = body[at++];
            number |= (digit & 0x7F) << shift;
            if (digit >= 0) {
                break;
            }
        }
        return number;
    }

    private void text(byte[] body, boolean readable) {
        if (at + 2 > body.length) {
            at = body.length;
            return;
        }
        int start = at + 2;
        at = start + ((body[at] & 0xFF) << 8 | body[at + 1] & 0xFF);
        // the bytes before, of the same text, the latest lowest
        int before = 0;
        for (int i = start; readable && i < Math.min(at, body.length); i++) {
            int b = body[i] & 0xFF;
            body[i] = (byte) allowed(b, before);
            before = before << 8 | b;
        }
    }

    private static int allowed(int b, int before) {
        int last = before & 0xFF;
        int lastTwo = before & 0xFFFF;
        if (b < 0x20 || b == 0x7F) {
            return '?';
        }
        if (last == 0xC2 && b < 0xA0) {
            // U+0080 to U+009F
            return 0xBF;
        }
        if (lastTwo == 0xEFB7 && b >= 0x90 && b <= 0xAF) {
            // U+FDD0 to U+FDEF
            return 0x8F;
        }
        // U+FFFE, U+FFFF, and the last two characters of the other planes
        boolean endOfPlane =
                lastTwo == 0xEFBF || last == 0xBF && (before >> 8 & 0x0F) == 0x0F && (before >> 16 & 0xF8) == 0xF0;
        return endOfPlane && b >= 0xBE ? 0xBD : b;
    }
}
