/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

/**
 * Reads along as PUBLISH packets of MQTT 5 arrive, and replaces in topic and properties what Paho refuses: control
 * characters and noncharacters.
 *
 * <p>MQTT lets them pass (5.0, 1.5.4: "should not"), and so do brokers. Paho's receiver ends at such a packet, the broker
 * delivers it again to the next connection, and nothing that is behind it ever arrives. A replacement is as long as what
 * it replaces, so the packet stays as it is otherwise.
 */
final class PublishText {
    private static final int PUBLISH = 3;

    private enum Part {
        LENGTH,
        TEXT_LENGTH_HIGH,
        TEXT_LENGTH_LOW,
        TEXT,
        SKIP,
        PROPERTIES_LENGTH,
        PROPERTY,
        NUMBER,
        REST
    }

    private Part part = Part.REST;
    private boolean topic;
    private boolean text;
    private int qos;
    private int left;
    private int shift;
    private int texts;
    private int properties;
    // the bytes before, of the same text, the latest lowest
    private int before;

    /** Takes the first byte of a packet. */
    void begin(int first) {
        part = first >> 4 == PUBLISH ? Part.LENGTH : Part.REST;
        qos = first >> 1 & 3;
        topic = true;
    }

    /** Takes further bytes of a packet, and changes those that something stands in place of. */
    void replace(byte[] bytes, int offset, int count) {
        for (int i = offset; i < offset + count && part != Part.REST; i++) {
            bytes[i] = (byte) next(bytes[i] & 0xFF);
        }
    }

    /** Takes any other byte of a packet, and returns it or what stands in its place. */
    int next(int b) {
        if (part == Part.REST) {
            return b;
        }
        if (!topic && part != Part.PROPERTIES_LENGTH) {
            properties--;
        }
        switch (part) {
            case LENGTH -> {
                if (b < 0x80) {
                    textFollows(1, true);
                }
            }
            case TEXT_LENGTH_HIGH -> {
                left = b << 8;
                part = Part.TEXT_LENGTH_LOW;
            }
            case TEXT_LENGTH_LOW -> {
                left |= b;
                before = 0;
                part = Part.TEXT;
                endIfDone();
            }
            case TEXT -> {
                int allowed = text ? allowed(b) : b;
                before = before << 8 | b;
                left--;
                endIfDone();
                return allowed;
            }
            case SKIP -> {
                left--;
                endIfDone();
            }
            case PROPERTIES_LENGTH -> {
                properties |= (b & 0x7F) << shift;
                shift += 7;
                if (b < 0x80) {
                    part = properties > 0 ? Part.PROPERTY : Part.REST;
                }
            }
            case PROPERTY -> property(b);
            default -> {
                if (b < 0x80) {
                    endIfDone();
                }
            }
        }
        return b;
    }

    // MQTT 5.0, 2.2.2.2
    private void property(int identifier) {
        left = 0;
        switch (identifier) {
            case 0x01 -> skip(1);
            case 0x02 -> skip(4);
            case 0x23 -> skip(2);
            case 0x03, 0x08 -> textFollows(1, true);
            case 0x26 -> textFollows(2, true);
            case 0x09 -> textFollows(1, false);
            case 0x0B -> part = Part.NUMBER;
            default -> part = Part.REST;
        }
    }

    private void skip(int bytes) {
        left = bytes;
        part = Part.SKIP;
    }

    private void textFollows(int howMany, boolean isText) {
        texts = howMany;
        text = isText;
        part = Part.TEXT_LENGTH_HIGH;
    }

    private void endIfDone() {
        if (left > 0) {
            return;
        }
        if (part == Part.TEXT && --texts > 0) {
            part = Part.TEXT_LENGTH_HIGH;
        } else if (topic && part == Part.TEXT && qos > 0) {
            // the packet's identifier
            skip(2);
        } else if (topic) {
            topic = false;
            properties = 0;
            shift = 0;
            part = Part.PROPERTIES_LENGTH;
        } else {
            part = properties > 0 ? Part.PROPERTY : Part.REST;
        }
    }

    private int allowed(int b) {
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
