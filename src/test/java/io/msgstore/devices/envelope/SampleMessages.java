/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.nio.charset.StandardCharsets;

/** Messages for tests of envelopes, all of one topic and one time. */
final class SampleMessages {
    /** 2026-01-23T17:00:00.123Z. */
    static final long RECEIVED_AT = 1_769_187_600_123L;

    private SampleMessages() {}

    static ReceivedMessage message(String payload) {
        return message(bytes(payload));
    }

    static ReceivedMessage message(byte[] payload) {
        return new ReceivedMessage("devices/alice/up", payload).receivedAt(RECEIVED_AT);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
