/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class TraceIdTest {
    @Test
    void isAnotherOneEachTime() {
        String first = TraceId.random();
        assertThat(first).matches("[0-9a-f]{32}");
        assertThat(TraceId.random()).matches("[0-9a-f]{32}").isNotEqualTo(first);
    }
}
