/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WrongTriesTest {
    private long now = Long.MAX_VALUE - 5;
    private final WrongTries tries = new WrongTries(() -> now);

    @Test
    void afterSoManyAnAddressWaitsForTheRestOfTheMinute() {
        for (int i = 1; i <= WrongTries.MOST; i++) {
            assertThat(tries.waitSeconds("10.0.0.1")).isZero();
            assertThat(tries.count("10.0.0.1")).isEqualTo(i);
            now += Duration.ofSeconds(2).toNanos();
        }
        assertThat(tries.waitSeconds("10.0.0.1")).isEqualTo(41);
        assertThat(tries.waitSeconds("10.0.0.2")).isZero();
        now += Duration.ofSeconds(40).toNanos();
        assertThat(tries.waitSeconds("10.0.0.1")).isZero();
        assertThat(tries.count("10.0.0.1")).isOne();
    }

    @Test
    void theAddressesOfOneIpv6NetworkAreOne() {
        for (int i = 0; i < WrongTries.MOST; i++) {
            tries.count("2001:db8:1:2::" + i);
        }
        assertThat(tries.waitSeconds("2001:db8:1:2:ffff::1")).isPositive();
        assertThat(tries.waitSeconds("2001:db8:1:3::1")).isZero();
    }

    @Test
    void addressesWithoutEndTakeNoMemoryWithoutEnd() {
        for (int i = 0; i < WrongTries.MOST; i++) {
            tries.count("first");
        }
        for (int i = 0; i < 20_000; i++) {
            tries.count("other-" + i);
        }
        assertThat(tries.waitSeconds("first")).isZero();
        assertThat(tries.count("other-19999")).isEqualTo(2);
    }
}
