/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.log;

import java.time.Duration;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MarkerFactory;

import io.msgstore.support.LogLines;

import static org.assertj.core.api.Assertions.assertThat;

class RepeatsTest {
    private static final String NAME = "io.msgstore.platform.log.test";
    private static final Logger LOG = LoggerFactory.getLogger(NAME);

    private long now;
    private final Repeats repeats = new Repeats(() -> now);
    private final LogLines lines = new LogLines(NAME, repeats);

    @AfterEach
    void leave() {
        lines.close();
    }

    @Test
    void theSameWarningIsSaidOnceAndThenCounted() {
        for (int i = 0; i < 18; i++) {
            LOG.warn("lost {}", "it");
        }
        LOG.warn("lost {}", "another");
        LOG.error("lost {}", "it");
        repeats.summarize();
        assertThat(lines.text()).containsExactly("WARN lost it", "WARN lost another", "ERROR lost it");

        pass(Duration.ofSeconds(61));
        assertThat(lines.text().subList(3, lines.text().size()))
                .containsExactly("WARN lost it (17 more in the last minute)");
        LOG.warn("lost {}", "it");
        assertThat(lines.text()).endsWith("WARN lost it");
    }

    @Test
    void whatWasSaidOnceIsNotSummedUp() {
        LOG.warn("once");
        pass(Duration.ofMinutes(2));
        assertThat(lines.text()).containsExactly("WARN once");
    }

    @Test
    void informationAndAnswersAreNeverHeldBack() {
        for (int i = 0; i < 3; i++) {
            LOG.info("stored");
            LOG.error(MarkerFactory.getMarker(Repeats.EACH), "line 3: wrong");
        }
        assertThat(lines.text()).hasSize(6);
    }

    @Test
    void manyDifferentWarningsTakeABoundedAmountOfMemory() {
        for (int i = 0; i < 5_000; i++) {
            LOG.warn("number {}", i);
        }
        assertThat(lines.text()).hasSize(5_000);
        LOG.warn("number 3");
        assertThat(lines.text()).as("one of the first thousand").hasSize(5_000);
        LOG.warn("number 4000");
        assertThat(lines.text()).as("one that there was no room for").hasSize(5_001);
    }

    private void pass(Duration time) {
        now += time.toNanos();
        repeats.summarize();
    }
}
