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
    void sendsEachMessageAndNotFasterThanItsRate(int qos) {
        try (TestBroker broker = TestBroker.running()) {
            LoadPublisher load = LoadPublisher.to(broker.url())
                    .qos(qos)
                    .messages(2000)
                    .connections(2)
                    .rate(4000);
            LoadPublisher.Result result = load.run();
            assertThat(result.sent()).isEqualTo(2000);
            assertThat(result.perSecond()).isLessThan(4100);
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
