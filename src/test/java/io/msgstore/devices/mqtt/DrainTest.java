/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class DrainTest {
    // nanoTime may be about to overflow
    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1);

    @Test
    void isOverWhenNothingIsLeft() {
        Drain drain = new Drain(2, now);
        assertThat(isOver(drain, 100, 1, false)).isFalse();
        assertThat(isOver(drain, 100, 0, false)).isTrue();
    }

    @Test
    void aMessageThatArrivesMayHaveComeInBefore() {
        Drain drain = new Drain(0, now);
        assertThat(isOver(drain, 100, 0, true)).isFalse();
        assertThat(isOver(drain, 100, 1, false)).isFalse();
        assertThat(isOver(drain, 100, 0, false)).isTrue();
    }

    @Test
    void isOverWhenNothingWasSettledForAWhile() {
        Drain drain = new Drain(2, now);
        assertThat(isOver(drain, 3_000, 2, false)).isFalse();
        assertThat(isOver(drain, 1, 2, false)).isTrue();
    }

    @Test
    void eachSettledMessageGivesItTimeAgain() {
        Drain drain = new Drain(3, now);
        assertThat(isOver(drain, 2_900, 2, false)).isFalse();
        assertThat(isOver(drain, 2_900, 1, false)).isFalse();
        assertThat(isOver(drain, 3_000, 1, false)).isFalse();
        assertThat(isOver(drain, 1, 1, false)).isTrue();
    }

    @Test
    void aMessageThatIsSettledLateGivesItTimeAgain() {
        Drain drain = new Drain(3, now);
        assertThat(isOver(drain, 10_000, 2, false)).isFalse();
        assertThat(isOver(drain, 100, 2, false)).isFalse();
    }

    @Test
    void aRouteThatBlocksDoesNotHoldItForEver() {
        Drain drain = new Drain(0, now);
        assertThat(isOver(drain, 3_000, 0, true)).isFalse();
        assertThat(isOver(drain, 1, 0, true)).isTrue();
    }

    private boolean isOver(Drain drain, long afterMillis, int left, boolean arriving) {
        now += TimeUnit.MILLISECONDS.toNanos(afterMillis);
        return drain.isOver(arriving, left, now);
    }
}
