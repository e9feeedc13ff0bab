/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Edits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** How soon an edit takes effect: says something only of a machine that does nothing else meanwhile. */
class HotEditsTimingsIT {
    /** Until an edit takes effect: the middle one of several of a kind. */
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    private static final int EDITS_OF_A_KIND = 3;

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    private static final Edits EDITS = new Edits(SERVERS);

    @BeforeEach
    void copyTheBundle() {
        EDITS.copyTheBundle();
    }

    @Test
    void editsUnderLoadTakeEffectWithinTwoSeconds() throws Exception {
        List<Duration> ofSql = new ArrayList<>();
        List<Duration> ofRoutes = new ArrayList<>();
        LoadPublisher load = SERVERS.load().messages(1_000_000).rate(1000);
        try (MsgstoreProcess msgstore = EDITS.dev();
                LoadPublisher.Running running = load.start()) {
            EDITS.awaitRows("speed = 42.5");
            for (int number = 1; number <= EDITS_OF_A_KIND; number++) {
                String rows = "speed = " + number;
                ofSql.add(EDITS.effective(Edits.SQL, Edits.SPEED, Edits.speed(number), () -> EDITS.rows(rows) > 0));

                String said = "gps edit " + number;
                ofRoutes.add(EDITS.effective(
                        Edits.ROUTE,
                        Edits.STORED,
                        Edits.step("store-gps-edited", said) + Edits.STORED,
                        () -> Edits.lines(msgstore, said) > 0));
            }
            running.finish();
            running.await(Duration.ofMinutes(2));
        }
        assertThat(median(ofSql)).as("SQL edits: %s", ofSql).isLessThan(AT_ONCE);
        assertThat(median(ofRoutes)).as("route edits: %s", ofRoutes).isLessThan(AT_ONCE);
    }

    private static Duration median(List<Duration> times) {
        return times.stream().sorted().toList().get(times.size() / 2);
    }
}
