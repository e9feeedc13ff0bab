/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.canary;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.devices.mqtt.Broker;
import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** The canary on its whole way, and on each part of it that may be broken. */
class CanaryIT {
    private static final Duration LIMIT = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void goesThroughWhateverIsSubscribedToAndFiltered() {
        try (MsgstoreProcess msgstore = canary().set("msgstore.mqtt.topics", "devices/#")
                        .set("msgstore.include-topics", "devices/a")
                        .set("msgstore.include-users", "alice")
                        .set("msgstore.canary.timeout", "30s")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("devices/b", "{\"event\":\"gps\"}");
            awaitStored(msgstore, 3);
            assertThat(msgstore.readiness()).isEqualTo(200);
            assertThat(msgstore.metric("msgstore_canary_lost_total")).isZero();
            assertThat(msgstore.metric("msgstore_canary_latency_ms_count")).isPositive();
            assertThat(msgstore.metric("msgstore_filtered_total")).isOne();
            assertThat(msgstore.metric("msgstore_unaccounted")).isZero();
            assertThat(SERVERS.postgres().rows("select client_id from canaries"))
                    .containsExactly(Map.of("client_id", SERVERS.clientId()));
        }
    }

    @Test
    void isIgnoredByAnotherInstanceThatGetsIt() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish(
                    "msgstore/canary/other",
                    "{\"event\":\"canary\",\"client_id\":\"other\",\"id\":\"1\",\"sent_at\":\"2026-01-01T00:00:00Z\"}");
            assertThat(Counts.afterAtLeast(1, msgstore).ignored()).isOne();
            assertThat(msgstore.metric("msgstore_ignored_total", "event", "canary"))
                    .isOne();
        }
        assertThat(SERVERS.postgres().query("select count(*) from canaries")).isZero();
    }

    @Test
    void isDownWhileItsTableIsLocked() throws Exception {
        try (MsgstoreProcess msgstore =
                canary().set("msgstore.db-timeout-ms", 300).startAndAwaitReady()) {
            awaitStored(msgstore, 1);
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table canaries in access exclusive mode");
                awaitProblem(msgstore, "was not in the database within 3 s");
                Awaitility.await("a lost canary")
                        .atMost(LIMIT)
                        .until(() -> msgstore.metric("msgstore_canary_lost_total") > 0);
            }
            awaitLater(msgstore);
            assertThat(msgstore.output()).doesNotContain("renewing the connection");
        }
    }

    @Test
    void subscribesAnewWhenTheBrokerHasForgottenTheSubscription() {
        try (Broker broker = new Broker(SERVERS.folder().resolve("broker")).start();
                MsgstoreProcess msgstore =
                        canary().set("msgstore.mqtt.url", broker.url()).startAndAwaitReady()) {
            awaitStored(msgstore, 1);
            broker.forgetSubscriptions();
            awaitProblem(msgstore, "it did not come back from the broker");
            awaitLater(msgstore);
            assertThat(msgstore.output()).contains("renewing the connection");
            assertThat(msgstore.metric("msgstore_mqtt_session_lost_total")).isZero();
        }
    }

    @Test
    void comesBackWithTheBroker() {
        try (MsgstoreProcess msgstore = canary().startAndAwaitReady()) {
            awaitStored(msgstore, 1);
            SERVERS.broker().stop();
            awaitProblem(msgstore, "could not be published");
            SERVERS.broker().start();
            awaitLater(msgstore);
        }
    }

    @Test
    void startsWithoutABroker() {
        SERVERS.broker().stop();
        try (MsgstoreProcess msgstore = canary().start()) {
            awaitProblem(msgstore, "could not be published");
            SERVERS.broker().start();
            msgstore.awaitReady();
            awaitStored(msgstore, 1);
        }
    }

    private static MsgstoreProcess.Builder canary() {
        return SERVERS.msgstore().set("msgstore.canary.interval", "1s").set("msgstore.canary.timeout", "3s");
    }

    private static void awaitStored(MsgstoreProcess msgstore, double canaries) {
        Awaitility.await("canaries")
                .atMost(LIMIT)
                .until(() -> msgstore.metric("msgstore_write_ok_total", "event", "canary") >= canaries);
    }

    private static void awaitProblem(MsgstoreProcess msgstore, String text) {
        Awaitility.await(text)
                .atMost(LIMIT)
                .ignoreExceptions()
                .until(() -> msgstore.readiness() == 503
                        && msgstore.get("/observe/health").body().contains(text));
    }

    private static void awaitLater(MsgstoreProcess msgstore) {
        double before = msgstore.metric("msgstore_write_ok_total", "event", "canary");
        msgstore.awaitReady();
        awaitStored(msgstore, before + 1);
    }
}
