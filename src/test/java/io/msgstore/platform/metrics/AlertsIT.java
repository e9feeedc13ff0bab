/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoublePredicate;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TestRedis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each alert's condition is brought about once in a running msgstore, and none holds while all is well. Only two are shown with
 * a value put into its metrics: messages unaccounted for would be a bug, and the oldest in flight has to be minutes old. How
 * long a condition must hold before someone is called is Prometheus's affair.
 */
class AlertsIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String TOPIC = "devices/t/up";
    private static final String STOP_A_ROUTE = "{\"type\":\"exec\",\"operation\":\"stop()\","
            + "\"mbean\":\"org.apache.camel:context=msgstore,type=routes,name=\\\"api-accounts\\\"\"}";

    /** What each test below brings about, all together: no rule is left out. */
    private static final Set<String> ALL = Set.of(
            "MsgstoreDown",
            "MsgstoreUnaccounted",
            "MsgstoreOldestInFlight",
            "MsgstoreRouteStopped",
            "MsgstoreDeadLetters",
            "MsgstoreNoDatabase",
            "MsgstoreRetrying",
            "MsgstoreCanaryLost",
            "MsgstoreNoBroker",
            "MsgstoreBrokerDegraded",
            "MsgstoreSessionLost",
            "MsgstoreQueueFilling",
            "MsgstoreDropping",
            "MsgstoreQueueAway",
            "MsgstoreQueueDegraded",
            "MsgstoreSlow");

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void noneFiresWhileAllIsWellAndEachOneOfABadState() {
        MsgstoreProcess stopped;
        Scrape before;
        Scrape now;
        Scrape withoutRoute;
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.canary.interval", "1s")
                        .set("msgstore.console", true)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            before = firstScrape(msgstore);
            publisher.publishAll(TOPIC, Collections.nCopies(100, gps(1)));
            await(msgstore, "msgstore_canary_latency_ms_count", count -> count > 0);
            await(msgstore, "msgstore_duplicate_total", count -> count == 99);
            now = Scrape.of(msgstore);
            assertThat(msgstore.request("POST", "/observe/jolokia", STOP_A_ROUTE)
                            .statusCode())
                    .isEqualTo(200);
            withoutRoute = Scrape.of(msgstore);
            stopped = msgstore;
        }
        assertThat(AlertRules.names()).isEqualTo(new TreeSet<>(ALL));
        assertThat(firing(before, now)).isEmpty();
        assertThat(firing(before, withoutRoute)).containsExactly("MsgstoreRouteStopped");
        assertThat(firing(now, Scrape.of(stopped))).containsExactly("MsgstoreDown");
        assertThat(firing(now, Scrape.ofNothing(now.seconds()))).containsExactly("MsgstoreDown");
        assertThat(firing(before, now.with("msgstore_unaccounted", 1))).containsExactly("MsgstoreUnaccounted");
        assertThat(firing(before, now.with("msgstore_mqtt_degraded", 1))).containsExactly("MsgstoreBrokerDegraded");
        assertThat(firing(before, now.with("msgstore_oldest_in_flight_seconds", 300)))
                .containsExactly("MsgstoreOldestInFlight");
    }

    @Test
    void aPoisonMessageAnAbsentDatabaseAndABrokerThatForgetsFire() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.canary.interval", "1s")
                .set("msgstore.canary.timeout", "1s")
                .set("msgstore.retry-backoff-max-ms", 500)
                .startAndAwaitReady()) {
            Scrape before = firstScrape(msgstore);
            try (Publisher publisher = SERVERS.publisher()) {
                publisher.publish(TOPIC, "no JSON");
                await(msgstore, "msgstore_dead_total", count -> count == 1);
                assertThat(firing(before, Scrape.of(msgstore))).containsExactly("MsgstoreDeadLetters");

                SERVERS.postgres().stop();
                before = Scrape.of(msgstore);
                publisher.publish(TOPIC, gps(1));
                double retries = msgstore.metric("msgstore_retry_total");
                await(msgstore, "msgstore_retry_total", count -> count > retries);
                awaitHealth(msgstore, "canary", 0);
                awaitHealth(msgstore, "database", 0);
                assertThat(firing(before, Scrape.of(msgstore)))
                        .containsExactly("MsgstoreCanaryLost", "MsgstoreNoDatabase", "MsgstoreRetrying");
                SERVERS.postgres().start();
                awaitHealth(msgstore, "database", 1);
                awaitHealth(msgstore, "canary", 1);
            }
            SERVERS.broker().stop();
            awaitHealth(msgstore, "mqtt", 0);
            before = Scrape.of(msgstore);
            assertThat(firing(before, before)).contains("MsgstoreNoBroker");
            SERVERS.broker().forget();
            SERVERS.broker().start();
            awaitHealth(msgstore, "mqtt", 1);
            awaitHealth(msgstore, "canary", 1);
            assertThat(firing(before, Scrape.of(msgstore))).containsExactly("MsgstoreSessionLost");
        }
    }

    @Test
    void aQueueThatFillsUpAndMessagesThatTakeLongFire() throws Exception {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.queue-size", 10)
                        .set("msgstore.mqtt.receive-maximum", 200)
                        .set("msgstore.batch-size", 1)
                        .set("msgstore.workers", 1)
                        .set("msgstore.db-timeout-ms", 60_000)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            Scrape before = firstScrape(msgstore);
            try (Connection lock = SERVERS.postgres().connect();
                    Statement statement = lock.createStatement()) {
                lock.setAutoCommit(false);
                statement.execute("lock table gps_position_histories in access exclusive mode");
                publisher.publishAll(TOPIC, Collections.nCopies(100, gps(1)));
                await(msgstore, "msgstore_enqueue_drop_total", count -> count > 0);
                assertThat(firing(before, Scrape.of(msgstore)))
                        .containsExactly("MsgstoreDropping", "MsgstoreQueueFilling");
                await(msgstore, "msgstore_oldest_in_flight_seconds", age -> age > 6);
            }
            Counts.afterAtLeast(100, msgstore);
            assertThat(firing(before, Scrape.of(msgstore))).containsExactly("MsgstoreDropping", "MsgstoreSlow");
        }
    }

    @Test
    void aQueueWhoseServerIsAwayFires() {
        assertThat(firingWithoutTheQueue("")).containsExactly("MsgstoreQueueAway");
        assertThat(firingWithoutTheQueue("direct")).containsExactly("MsgstoreQueueDegraded");
    }

    private static List<String> firingWithoutTheQueue(String fallback) {
        try (TestRedis redis = TestRedis.running();
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.queue", "redis")
                        .set("msgstore.queue.fallback", fallback)
                        .set("msgstore.enqueue-mode", "disconnect")
                        .set("msgstore.redis.url", redis.url())
                        .startAndAwaitReady()) {
            Scrape before = firstScrape(msgstore);
            redis.kill9();
            await(msgstore, "msgstore_queue_up", up -> up == 0);
            List<String> away = firing(before, Scrape.of(msgstore));
            redis.start();
            await(msgstore, "msgstore_queue_up", up -> up == 1);
            assertThat(firing(before, Scrape.of(msgstore))).isEmpty();
            return away;
        }
    }

    // readiness asks the database itself, and the metric says what was found when it was last looked at
    private static Scrape firstScrape(MsgstoreProcess msgstore) {
        awaitHealth(msgstore, "database", 1);
        return Scrape.of(msgstore);
    }

    private static List<String> firing(Scrape before, Scrape now) {
        return AlertRules.all().stream()
                .filter(rule -> !PromQl.evaluate(rule.expression(), before, now).isEmpty())
                .map(AlertRules.Rule::name)
                .sorted()
                .toList();
    }

    private static void await(MsgstoreProcess msgstore, String metric, DoublePredicate wanted) {
        Awaitility.await(metric).atMost(LIMIT).until(() -> wanted.test(msgstore.metric(metric)));
    }

    private static void awaitHealth(MsgstoreProcess msgstore, String check, double value) {
        Awaitility.await(check + " " + value)
                .atMost(LIMIT)
                .until(() -> msgstore.metric("msgstore_healthy", "check", check) == value);
    }

    private static String gps(int latitude) {
        return "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770000000,\"latitude\":" + latitude
                + ",\"longitude\":2}";
    }
}
