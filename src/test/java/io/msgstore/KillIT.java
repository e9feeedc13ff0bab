/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.LoadPublisher;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What is lost, and what is stored twice, when a part goes away while devices go on sending. */
class KillIT {
    private static final int PER_SECOND = 3000;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void nothingIsLostOrStoredTwiceWhenMsgstoreIsKilled() {
        int messages = 12 * PER_SECOND;
        // the session must be there before the first message: MQTT keeps nothing for clients that it does not know
        MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
        try (LoadPublisher.Running load =
                SERVERS.load().messages(messages).rate(PER_SECOND).start()) {
            for (int kill = 1; kill <= 3; kill++) {
                awaitStored(kill * 2 * PER_SECOND);
                msgstore.kill9();
                msgstore.close();
                msgstore = SERVERS.msgstore().startAndAwaitReady();
            }
            load.await(LIMIT);
            awaitStored(messages);
            Counts.afterAtLeast(1, msgstore);
        } finally {
            msgstore.close();
        }
        assertThatEachIsStoredOnce(messages);
    }

    @Test
    void nothingIsLostOrStoredTwiceWhenTheDatabaseIsAway() {
        int messages = 15 * PER_SECOND;
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                LoadPublisher.Running load =
                        SERVERS.load().messages(messages).rate(PER_SECOND).start()) {
            awaitStored(PER_SECOND);
            SERVERS.postgres().stop();
            long before = load.acknowledged();
            Awaitility.await("10 s of load while the database is away")
                    .atMost(LIMIT)
                    .until(() -> load.acknowledged() >= before + 10 * PER_SECOND);
            assertThat(msgstore.readiness()).isEqualTo(503);
            SERVERS.postgres().start();
            load.await(LIMIT);
            awaitStored(messages);

            Counts counts = Counts.afterAtLeast(messages, msgstore);
            assertThat(counts.stored() + counts.duplicate()).isEqualTo(counts.received());
            assertThat(msgstore.readiness()).isEqualTo(200);
        }
        assertThatEachIsStoredOnce(messages);
    }

    @Test
    void nothingThatTheBrokerTookIsLostWhenTheBrokerRestarts() {
        int messages = 9 * PER_SECOND;
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                LoadPublisher.Running load =
                        SERVERS.load().messages(messages).rate(PER_SECOND).start()) {
            awaitStored(PER_SECOND);
            SERVERS.broker().stop();
            SERVERS.broker().start();
            awaitStored(4 * PER_SECOND);
            SERVERS.broker().kill9();
            SERVERS.broker().start();
            load.await(LIMIT);
            awaitStored(messages);
            Counts.afterAtLeast(messages, msgstore);
        }
        assertThatEachIsStoredOnce(messages);
    }

    private static void awaitStored(long atLeast) {
        Awaitility.await("%d messages stored".formatted(atLeast))
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> stored("count(*)") >= atLeast);
    }

    private static void assertThatEachIsStoredOnce(long messages) {
        assertThat(stored("count(*)")).isEqualTo(messages);
        assertThat(stored("count(distinct (terminal_id, gps_time))")).isEqualTo(messages);
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                .isZero();
    }

    private static long stored(String what) {
        return SERVERS.postgres().query("select " + what + " from gps_position_histories");
    }
}
