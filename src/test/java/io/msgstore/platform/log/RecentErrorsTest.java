/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.log;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MarkerFactory;

import static org.assertj.core.api.Assertions.assertThat;

class RecentErrorsTest {
    private static final Logger LOG = LoggerFactory.getLogger(RecentErrorsTest.class);

    private final RecentErrors errors = RecentErrors.listening();

    @AfterEach
    void listenNoMore() {
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        context.getConfiguration().getRootLogger().removeAppender(errors.getName());
        context.updateLoggers();
    }

    @Test
    void keepsWarningsAndErrorsNewestFirst() {
        LOG.info("nothing special");
        LOG.warn("first");
        LOG.error("second");
        assertThat(errors.entries()).extracting(RecentErrors.Entry::message).containsExactly("second", "first");
        assertThat(errors.entries().get(0).level()).isEqualTo("ERROR");
        assertThat(errors.entries().get(0).logger()).isEqualTo("RecentErrorsTest");
    }

    @Test
    void countsTheSameOneUp() {
        LOG.warn("again");
        LOG.warn("again");
        LOG.warn("again");
        assertThat(errors.entries()).singleElement().satisfies(entry -> assertThat(entry.times())
                .isEqualTo(3));
    }

    @Test
    void leavesOutTheSummaryOfWhatItCounts() {
        LOG.warn("again");
        LOG.warn("again");
        LOG.warn(MarkerFactory.getMarker(Repeats.SUMMARY), "again (1 more in the last minute)");
        assertThat(errors.entries()).singleElement().satisfies(entry -> assertThat(entry.message())
                .isEqualTo("again"));
    }

    @Test
    void holdsNoSecretNoStackTraceAndNoMoreThanALine() {
        LOG.error(
                "can't reach postgres://me:pa55word@host/db\n\tat some.Code(Code.java:1) {\"payload\":1}",
                new IllegalStateException("outer", new IllegalStateException("password=pa55word\n{\"payload\":1}")));
        assertThat(errors.entries()).singleElement().satisfies(entry -> assertThat(entry.message())
                .contains("can't reach", "IllegalStateException")
                .doesNotContain("pa55word", "payload", "\n"));
    }

    @Test
    void isBounded() {
        for (int i = 0; i < 120; i++) {
            LOG.warn("{} {}", i, "x".repeat(600));
        }
        assertThat(errors.entries()).hasSize(100).allSatisfy(entry -> assertThat(entry.message())
                .hasSizeLessThanOrEqualTo(500));
    }
}
