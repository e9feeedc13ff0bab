/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;
import io.msgstore.support.TestKafka;
import io.msgstore.support.TestRedis;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole way through queues that outlive the process: changing from one to another, emptying them, doing without. */
class QueuesIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String IN_FLIGHT = "msgstore_in_flight";
    private static final String ENQUEUED = "msgstore_enqueued_total";
    /** More than those that a queue is asserted to have held. */
    private static final int WAITING = 600;

    private static final Pattern EMPTY = Pattern.compile(" is empty: (\\d+) stored, (\\d+) there already");

    @RegisterExtension
    private static final Servers SERVERS = new Servers().inThisJvm();

    private static TestRedis redis;
    private static TestKafka kafka;
    private static int number;

    private final int test = ++number;
    private LoadPublisher.Running load;

    @BeforeAll
    static void start() {
        redis = TestRedis.running();
        kafka = TestKafka.running();
    }

    @AfterAll
    static void stop() {
        redis.close();
        kafka.close();
    }

    @AfterEach
    void stopLoad() {
        if (load != null) {
            load.close();
        }
    }

    private MsgstoreProcess.Builder memory() {
        return SERVERS.msgstore().set("msgstore.enqueue-mode", "disconnect");
    }

    private MsgstoreProcess.Builder inRedis() {
        return withRedis(memory()).set("msgstore.queue", "redis").set("msgstore.queue-size", 1_000_000);
    }

    private MsgstoreProcess.Builder withRedis(MsgstoreProcess.Builder builder) {
        return builder.set("msgstore.redis.url", redis.url()).set("msgstore.redis.key", "test" + test);
    }

    private MsgstoreProcess.Builder inKafka() {
        return withKafka(memory()).set("msgstore.queue", "kafka").set("msgstore.queue-size", 1_000_000);
    }

    private MsgstoreProcess.Builder withKafka(MsgstoreProcess.Builder builder) {
        return builder.set("msgstore.kafka.brokers", kafka.bootstrap())
                .set("msgstore.queue.kafka.topic", "test" + test)
                .set("msgstore.queue.kafka.group", "test" + test);
    }

    private MsgstoreProcess.Builder inFiles() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Files.copy(Path.of("docs/queues/file.camel.yaml"), SERVERS.folder().resolve("routes/queue/file.camel.yaml"));
        return memory().set("msgstore.queue", "file").set("queue.folder", "data/queue");
    }

    @Test
    void changesTheQueueUnderLoadAndLosesNothing() throws Exception {
        runAndStop(memory(), IN_FLIGHT, this::startLoad);
        // what memory held is the broker's again
        runAndStop(inRedis(), ENQUEUED);
        drained(inRedis());
        runAndStop(inKafka(), ENQUEUED);
        drained(inKafka());
        try (MsgstoreProcess last = memory().startAndAwaitReady()) {
            load.finish();
            load.await(LIMIT);
            awaitStored(load.published());
        }
        assertThatEachIsStoredOnce(load.published());
    }

    @Test
    void changesTheQueueWhileWhatTheOldOneHoldsIsStored() throws Exception {
        runAndStop(memory(), IN_FLIGHT, this::startLoad);
        runAndStop(inRedis(), ENQUEUED);
        runAndStop(
                withRedis(inKafka()).set("msgstore.queue.drain", "redis"),
                ENQUEUED,
                msgstore -> awaitEmpty(msgstore, "redis"));
        try (MsgstoreProcess last =
                withKafka(memory()).set("msgstore.queue.drain", "kafka").startAndAwaitReady()) {
            awaitEmpty(last, "kafka");
            load.finish();
            load.await(LIMIT);
            awaitStored(load.published());
            assertThat(last.terminate()).isZero();
            assertThat(last.output()).contains(" stay in the queue or with the broker");
        }
        assertThatEachIsStoredOnce(load.published());
    }

    // once it has subscribed: from then on the broker keeps what is published for it
    private void startLoad(MsgstoreProcess msgstore) {
        assertThat(msgstore.metric("msgstore_mqtt_connected")).isOne();
        load = SERVERS.load().messages(1_000_000).rate(500).numbered().start();
    }

    private static void awaitEmpty(MsgstoreProcess msgstore, String queue) {
        msgstore.awaitLine("The queue " + queue + " is empty: msgstore.queue.drain can be taken out", LIMIT);
        Matcher held = Pattern.compile("The queue " + queue + " is drained: (\\d+) messages\n")
                .matcher(msgstore.output());
        assertThat(held.find()).as(msgstore.output()).isTrue();
        assertThat(Integer.parseInt(held.group(1))).isGreaterThanOrEqualTo(500);
        assertThat(msgstore.metric("msgstore_dequeued_total")).isGreaterThanOrEqualTo(500);
        Awaitility.await("nothing left").atMost(LIMIT).until(() -> msgstore.metric("msgstore_queue_drain_len") == 0);
        assertThat(msgstore.metric("msgstore_queue_drain_up")).isOne();
        assertThat(msgstore.get("/api/v1/accounts").body()).contains("\"balanced\":true");
    }

    @Test
    void isReadyWhileTheQueueThatIsDrainedIsAway() throws Exception {
        int messages = 2000;
        try (MsgstoreProcess msgstore = inRedis().asProcess().startAndAwaitReady();
                Connection lock = lockTheTable()) {
            SERVERS.load().messages(messages).numbered().run();
            Awaitility.await("in Redis")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_enqueued_total") == messages);
            msgstore.kill9();
        }
        redis.stop();
        try (MsgstoreProcess msgstore = withRedis(inKafka().set("msgstore.queue.fallback", "direct"))
                .set("msgstore.queue.drain", "redis")
                .startAndAwaitReady()) {
            msgstore.awaitLine("Meanwhile what it holds waits there (msgstore.queue.drain)", LIMIT);
            assertThat(msgstore.metric("msgstore_queue_drain_up")).isZero();
            assertThat(msgstore.metric("msgstore_queue_up")).isOne();
            assertThat(msgstore.metric("msgstore_queue_degraded")).isZero();
            assertThat(msgstore.readiness()).isEqualTo(200);
            redis.start();
            msgstore.awaitLine("it is drained as before", LIMIT);
            awaitStored(messages);
            msgstore.awaitLine("The queue redis is empty: ", LIMIT);
        } finally {
            redis.start();
        }
        assertThatEachIsStoredOnce(messages);
    }

    private static void runAndStop(MsgstoreProcess.Builder builder, String waiting) throws SQLException {
        runAndStop(builder, waiting, msgstore -> {});
    }

    // stopped while the database takes nothing, so that the queue keeps what was acknowledged
    private static void runAndStop(MsgstoreProcess.Builder builder, String waiting, Consumer<MsgstoreProcess> before)
            throws SQLException {
        // a process: what does not finish in time ends with it
        try (MsgstoreProcess msgstore =
                builder.asProcess().set("msgstore.stop-timeout", "1s").startAndAwaitReady()) {
            before.accept(msgstore);
            awaitStored(stored() + 500);
            try (Connection lock = lockTheTable()) {
                // counted from here: the length of a queue is what it was when it was last asked for
                double atTheLock = msgstore.metric(waiting);
                Awaitility.await("a queue").atMost(LIMIT).until(() -> msgstore.metric(waiting) >= atTheLock + WAITING);
                assertThat(msgstore.terminate()).isZero();
            }
        }
    }

    private static void drained(MsgstoreProcess.Builder builder) {
        try (MsgstoreProcess drain = builder.arguments("--drain").start()) {
            assertThat(drain.awaitExit()).as(drain.output()).isZero();
            Matcher said = EMPTY.matcher(drain.output());
            assertThat(said.find()).as(drain.output()).isTrue();
            // statements that the lock held up may have gone through after their client had gone
            assertThat(Integer.parseInt(said.group(1)) + Integer.parseInt(said.group(2)))
                    .isGreaterThanOrEqualTo(500);
        }
    }

    @Test
    void drainsWhatAQueueOfFilesHeldWhenItWasKilled() throws Exception {
        int messages = 2000;
        try (MsgstoreProcess msgstore = inFiles().startAndAwaitReady();
                Connection lock = lockTheTable()) {
            SERVERS.load().messages(messages).numbered().run();
            Awaitility.await("files").atMost(LIMIT).until(() -> msgstore.metric("msgstore_enqueued_total") == messages);
            msgstore.kill9();
        }
        assertThat(stored()).isLessThan(messages / 2);
        drained(inFilesAgain());
        assertThatEachIsStoredOnce(messages);
    }

    private MsgstoreProcess.Builder inFilesAgain() {
        return memory().set("msgstore.queue", "file").set("queue.folder", "data/queue");
    }

    @Test
    void hasNothingToDrainInMemory() {
        try (MsgstoreProcess drain = memory().arguments("--drain").start()) {
            assertThat(drain.awaitExit()).isZero();
            assertThat(drain.output()).contains("there is nothing to drain");
        }
    }

    @Test
    void waitsForTheQueueToDrainIt() {
        redis.stop();
        try (MsgstoreProcess drain = inRedis().arguments("--drain").start()) {
            drain.awaitLine("waiting for the queue redis", LIMIT);
            // a script must not take it for empty
            assertThat(drain.terminate()).isOne();
        }
        try (MsgstoreProcess drain = inRedis().arguments("--drain").start()) {
            drain.awaitLine("waiting for the queue redis", LIMIT);
            redis.start();
            assertThat(drain.awaitExit()).isZero();
            assertThat(drain.output()).contains("the queue redis is empty: 0 stored");
        } finally {
            redis.start();
        }
    }

    @Test
    void storesOnceMoreWhatIsStillInTheTopic() {
        int messages = 3000;
        try (MsgstoreProcess msgstore = inKafka().startAndAwaitReady()) {
            SERVERS.load().messages(messages).numbered().run();
            awaitStored(messages);
            SERVERS.postgres()
                    .execute("delete from gps_position_histories where gps_time > (select min(gps_time)"
                            + " from gps_position_histories)");
            long left = stored();
            assertThat(left).isLessThan(messages);
            // beside the service
            replay("beginning", "replayed 3000 of 3000: " + (messages - left) + " stored, " + left + " there already");
            assertThatEachIsStoredOnce(messages);
            replay("2999", "replayed 0 of 0");
            replay(Instant.now().toString(), "replayed 0 of 0");
            replay(Instant.now().minusSeconds(3600).toString(), "replayed 3000 of 3000: 0 stored, 3000 there already");
            assertThat(msgstore.metric("msgstore_dequeued_total")).isEqualTo(messages);
        }
    }

    private void replay(String from, String says) {
        try (MsgstoreProcess replay =
                inKafka().arguments("--replay-queue", "--from=" + from).start()) {
            assertThat(replay.awaitExit()).as(replay.output()).isZero();
            assertThat(replay.output()).contains(says);
        }
    }

    @Test
    void goesOnWithoutRedisAndSaysSo() throws Exception {
        goesOn(inRedis().set("msgstore.queue.fallback", "direct"), redis::kill9, redis::start);
    }

    @Test
    void goesOnWithoutKafkaAndSaysSo() throws Exception {
        goesOn(inKafka().set("msgstore.queue.fallback", "memory"), kafka::kill9, kafka::start);
    }

    private void goesOn(MsgstoreProcess.Builder builder, Runnable kill, Runnable start) throws Exception {
        try (MsgstoreProcess msgstore = builder.startAndAwaitReady();
                LoadPublisher.Running load =
                        SERVERS.load().messages(1_000_000).rate(500).numbered().start()) {
            awaitStored(500);
            kill.run();
            try {
                Awaitility.await("degraded").atMost(LIMIT).until(() -> msgstore.metric("msgstore_queue_degraded") == 1);
                assertThat(msgstore.metric("msgstore_queue_up")).isZero();
                awaitStored(stored() + 1500);
                assertThat(msgstore.readiness()).isEqualTo(200);
                assertThat(msgstore.get("/observe/health?exposureLevel=full&data=true")
                                .body())
                        .contains("\"degraded\":\"the queue ");
                assertThat(msgstore.get("/api/v1/status").body()).contains("but not through the queue");
            } finally {
                start.run();
            }
            double enqueued = msgstore.metric("msgstore_enqueued_total");
            Awaitility.await("back").atMost(LIMIT).until(() -> msgstore.metric("msgstore_queue_degraded") == 0);
            Awaitility.await("through the queue again")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_enqueued_total") > enqueued + 500);
            assertThat(msgstore.get("/observe/health?exposureLevel=full&data=true")
                            .body())
                    .doesNotContain("degraded");
            load.finish();
            load.await(LIMIT);
            awaitStored(load.published());
            assertThatEachIsStoredOnce(load.published());
            assertThat(msgstore.output()).contains("answers again").contains("(msgstore.queue.fallback)");
        }
    }

    @Test
    void isNotReadyWhileItWaitsForRedis() throws Exception {
        isNotReadyWithout(inRedis(), redis::kill9, redis::start);
    }

    @Test
    void isNotReadyWhileItWaitsForKafka() throws Exception {
        isNotReadyWithout(inKafka(), kafka::kill9, kafka::start);
    }

    private void isNotReadyWithout(MsgstoreProcess.Builder builder, Runnable kill, Runnable start) throws Exception {
        int messages = 6000;
        // away at the start already
        kill.run();
        try (MsgstoreProcess msgstore = builder.start()) {
            msgstore.awaitNotReady();
            Awaitility.await("subscribed").atMost(LIMIT).until(() -> msgstore.metric("msgstore_mqtt_connected") == 1);
            LoadPublisher.Running load =
                    SERVERS.load().messages(messages).rate(1000).numbered().start();
            try {
                Awaitility.await("said why")
                        .atMost(LIMIT)
                        .until(() -> msgstore.get("/observe/health").body().contains("does not answer"));
                assertThat(msgstore.get("/observe/health/live").statusCode()).isEqualTo(200);
                Awaitility.await("stuck").atMost(LIMIT).until(() -> msgstore.get("/api/v1/status")
                        .body()
                        .contains("Stuck: the queue does not answer"));
                assertThat(stored()).isZero();
            } finally {
                start.run();
            }
            load.await(LIMIT);
            awaitStored(messages);
            msgstore.awaitReady();
        }
        assertThatEachIsStoredOnce(messages);
    }

    @Test
    void checksTheQueueToo() {
        check(
                withRedis(inKafka()).set("msgstore.queue.drain", "redis"),
                0,
                "ok     queue          kafka answers, and holds 0 messages",
                "ok     drained queue  redis answers, and holds 0 messages");
        check(
                withKafka(inRedis())
                        .set("msgstore.queue.drain", "kafka")
                        .set("msgstore.redis.url", "redis://127.0.0.1:1"),
                1,
                "FAILED queue          redis: ",
                "ok     drained queue  kafka answers, and holds 0 messages");
        check(
                withRedis(inKafka())
                        .set("msgstore.queue.drain", "redis")
                        .set("msgstore.redis.url", "redis://127.0.0.1:1"),
                1,
                "FAILED drained queue  redis: ");
    }

    private static void check(MsgstoreProcess.Builder builder, int code, String... says) {
        try (MsgstoreProcess check = builder.arguments("--check").start()) {
            assertThat(check.awaitExit()).as(check.output()).isEqualTo(code);
            assertThat(check.output()).contains(says).doesNotContain("\tat ");
        }
    }

    private static Connection lockTheTable() throws SQLException {
        Connection lock = SERVERS.postgres().connect();
        try (Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("lock table gps_position_histories in access exclusive mode");
        }
        return lock;
    }

    private static void awaitStored(long messages) {
        Awaitility.await(messages + " stored").atMost(LIMIT).until(() -> stored() >= messages);
    }

    private static void assertThatEachIsStoredOnce(long messages) {
        assertThat(stored()).isEqualTo(messages);
        assertThat(SERVERS.postgres().query("select count(distinct extra ->> 'n') from gps_position_histories"))
                .isEqualTo(messages);
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                .isZero();
    }

    private static long stored() {
        return SERVERS.postgres().query("select count(*) from gps_position_histories");
    }
}
