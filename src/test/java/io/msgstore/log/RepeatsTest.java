/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.log;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MarkerFactory;

import static org.assertj.core.api.Assertions.assertThat;

class RepeatsTest {
    private static final String NAME = "io.msgstore.log.test";
    private static final Logger LOG = LoggerFactory.getLogger(NAME);

    private final Lines lines = new Lines();
    private long now;
    private final Repeats repeats = new Repeats(() -> now);

    @BeforeEach
    void listen() {
        lines.addFilter(repeats);
        lines.start();
        LoggerContext context = LoggerContext.getContext(false);
        LoggerConfig config = new LoggerConfig(NAME, Level.INFO, false);
        config.addAppender(lines, null, null);
        context.getConfiguration().addLogger(NAME, config);
        context.updateLoggers();
    }

    @AfterEach
    void leave() {
        LoggerContext context = LoggerContext.getContext(false);
        context.getConfiguration().removeLogger(NAME);
        context.updateLoggers();
    }

    @Test
    void theSameWarningIsSaidOnceAndThenCounted() {
        for (int i = 0; i < 18; i++) {
            LOG.warn("lost {}", "it");
        }
        LOG.warn("lost {}", "another");
        LOG.error("lost {}", "it");
        repeats.summarize();
        assertThat(lines.text).containsExactly("WARN lost it", "WARN lost another", "ERROR lost it");

        pass(Duration.ofSeconds(61));
        assertThat(lines.text.subList(3, lines.text.size()))
                .containsExactly("WARN lost it (17 more in the last minute)");
        LOG.warn("lost {}", "it");
        assertThat(lines.text).endsWith("WARN lost it");
    }

    @Test
    void whatWasSaidOnceIsNotSummedUp() {
        LOG.warn("once");
        pass(Duration.ofMinutes(2));
        assertThat(lines.text).containsExactly("WARN once");
    }

    @Test
    void informationAndAnswersAreNeverHeldBack() {
        for (int i = 0; i < 3; i++) {
            LOG.info("stored");
            LOG.error(MarkerFactory.getMarker(Repeats.EACH), "line 3: wrong");
        }
        assertThat(lines.text).hasSize(6);
    }

    @Test
    void manyDifferentWarningsTakeABoundedAmountOfMemory() {
        for (int i = 0; i < 5_000; i++) {
            LOG.warn("number {}", i);
        }
        assertThat(lines.text).hasSize(5_000);
        LOG.warn("number 3");
        assertThat(lines.text).as("one of the first thousand").hasSize(5_000);
        LOG.warn("number 4000");
        assertThat(lines.text).as("one that there was no room for").hasSize(5_001);
    }

    private void pass(Duration time) {
        now += time.toNanos();
        repeats.summarize();
    }

    private static final class Lines extends AbstractAppender {
        private final List<String> text = new CopyOnWriteArrayList<>();

        Lines() {
            super("lines", null, null, true, Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            text.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
        }
    }
}
