/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench.load;

import java.util.HashSet;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.support.TestBroker;

import static org.assertj.core.api.Assertions.assertThat;

class LoadPublisherIT {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void isFasterThanWhatItTests(int qos) {
        try (TestBroker broker = TestBroker.running()) {
            LoadPublisher load = LoadPublisher.to(broker.url()).qos(qos).messages(50_000);
            assertThat(load.run().perSecond()).isGreaterThan(10_000);
        }
    }

    @Test
    void keepsToItsRate() {
        try (TestBroker broker = TestBroker.running()) {
            LoadPublisher load =
                    LoadPublisher.to(broker.url()).messages(2000).connections(2).rate(1000);
            assertThat(load.run().perSecond()).isBetween(800.0, 1010.0);
        }
    }

    @Test
    void noTwoMessagesHaveOneKey() {
        LoadPublisher load = LoadPublisher.to("tcp://127.0.0.1:1").devices(7);
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            keys.add(load.terminal(i) + load.ts(i));
        }
        assertThat(keys).hasSize(1000);
    }
}
