/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.support.LogLines;

import static org.assertj.core.api.Assertions.assertThat;

class DrainReportTest {
    private static final String BEGIN = "INFO The queue redis is drained: ";
    private static final String EMPTY =
            "INFO The queue redis is empty: msgstore.queue.drain can be taken out. Until then it is"
                    + " looked at, because another instance with the old settings may still put messages into it";

    private final LogLines log = new LogLines(DrainReport.class.getName());
    private final AtomicLong inWork = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong(-7);
    private final DrainReport report = new DrainReport("redis", inWork::get, nanos::get);

    @AfterEach
    void closeLog() {
        log.close();
    }

    private void secondsLater(long seconds, long length) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
        report.length(length);
    }

    @Test
    void saysHowMuchThereIsAtFirstHowMuchIsLeftAndOnceThatItIsEmpty() {
        report.length(3000);
        secondsLater(1, 2900);
        secondsLater(8, 2000);
        assertThat(log.text()).containsExactly(BEGIN + "3000 messages");
        secondsLater(1, 1900);
        secondsLater(1, 1000);
        secondsLater(1, 0);
        secondsLater(60, 0);
        assertThat(log.text()).containsExactly(BEGIN + "3000 messages", BEGIN + "1900 messages left", EMPTY);
    }

    @Test
    void isNotEmptyWhileAMessageIsInWork() {
        inWork.set(1);
        report.length(0);
        assertThat(log.text()).containsExactly(BEGIN + "0 messages");
        inWork.set(0);
        secondsLater(1, 0);
        assertThat(log.text()).containsExactly(BEGIN + "0 messages", EMPTY);
    }

    @Test
    void saysItAgainWhenAnotherInstanceHasPutMessagesIntoIt() {
        report.length(0);
        secondsLater(1, 5);
        secondsLater(10, 5);
        secondsLater(1, 0);
        assertThat(log.text()).containsExactly(BEGIN + "0 messages", EMPTY, BEGIN + "5 messages left", EMPTY);
    }
}
