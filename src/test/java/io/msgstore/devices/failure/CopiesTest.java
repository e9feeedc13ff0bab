/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;

import static org.assertj.core.api.Assertions.assertThat;

/** Which messages are copies of each other. */
class CopiesTest {
    private long nanos = -5;
    private final Copies copies = new Copies(List.of("a/+/c", "$share/g/a/b/+", "a/b/c", "d/#"), () -> nanos);

    @Test
    void asManyAsThereAreFiltersAreCopies() {
        String first = key("a/b/c", "bad");
        String other = key("a/b/c", "worse");
        assertThat(other).isNotEqualTo(first);
        assertThat(key("a/b/c", "bad")).isEqualTo(first);
        String third = key("a/b/c", "bad");
        assertThat(third).as("another message with the same content").isNotEqualTo(first);
        assertThat(key("a/b/c", "bad")).isEqualTo(third);
        assertThat(key("a/b/c", "worse")).isEqualTo(other);
    }

    @Test
    void aMessageOfOneFilterHasNone() {
        assertThat(key("d/b/c", "bad")).isNotEqualTo(key("d/b/c", "bad"));
        assertThat(key("a/x/c", "bad")).isNotEqualTo(key("a/x/c", "bad"));
    }

    @Test
    void whatComesMuchLaterIsAnotherMessage() {
        String first = key("a/b/c", "bad");
        nanos += TimeUnit.SECONDS.toNanos(10);
        assertThat(key("a/b/c", "bad")).isEqualTo(first);
        String second = key("a/b/c", "bad");
        nanos += TimeUnit.SECONDS.toNanos(11);
        assertThat(key("a/b/c", "bad")).isNotEqualTo(second);
    }

    @Test
    void theFirstOnesOwnKeyIsThatOfAll() {
        Envelope envelope = envelope("a/b/c", "bad");
        assertThat(copies.key(envelope, new StringBuilder("redis/1"))).isEqualTo("redis/1");
        assertThat(copies.key(envelope, new StringBuilder("redis/2"))).isEqualTo("redis/1");
        assertThat(copies.key(envelope("d", "bad"), new StringBuilder("redis/3")))
                .isEqualTo("redis/3");
    }

    @Test
    void theyAreNotKeptWithoutALimit() {
        String first = key("a/b/c", "bad");
        for (int i = 0; i < 10_000; i++) {
            key("a/b/c", "bad " + i);
        }
        assertThat(key("a/b/c", "bad")).isNotEqualTo(first);
    }

    private String key(String topic, String payload) {
        return copies.key(envelope(topic, payload), null);
    }

    private static Envelope envelope(String topic, String payload) {
        return Envelope.of(new ReceivedMessage(topic, payload.getBytes(StandardCharsets.UTF_8)), 100);
    }
}
