/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench.load;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.support.TestBroker;

import static org.assertj.core.api.Assertions.assertThat;

class LoadPublisherTimingsIT {
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
}
