/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BackoffTest {
    private final MqttComponent settings = new MqttComponent();
    private final Backoff backoff = new Backoff(settings);

    @RepeatedTest(20)
    void theDelayDoublesUpToTheLongest() {
        settings.setReconnectDelay(200);
        settings.setReconnectDelayMax(1_000);
        assertThat(backoff.next()).isBetween(100L, 200L);
        assertThat(backoff.next()).isBetween(200L, 400L);
        assertThat(backoff.next()).isBetween(400L, 800L);
        assertThat(backoff.next()).isBetween(500L, 1_000L);
        assertThat(backoff.next()).isBetween(500L, 1_000L);
        backoff.reset();
        assertThat(backoff.next()).isBetween(100L, 200L);
    }

    @Test
    void theDelaysOfSeveralClientsDiffer() {
        settings.setReconnectDelay(1_000_000);
        settings.setReconnectDelayMax(1_000_000);
        assertThat(backoff.next()).isNotEqualTo(new Backoff(settings).next());
    }

    @Test
    void staysWithinItsBoundsForAsLongAsTheBrokerIsAway() {
        settings.setReconnectDelay(30_000);
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.next()).isBetween(15_000L, 30_000L);
        }
    }
}
