/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;
import org.postgresql.ds.PGSimpleDataSource;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.platform.database.Schema;

/**
 * A broker and a database for tests; register it as a static field. They are the same ones for all test classes of a JVM.
 * Each test gets an empty database, an empty broker, a client id and topics of its own, and a folder without routes or SQL to
 * start msgstore in. When a test fails, the output of its msgstore and the dead letters in its database are printed.
 *
 * <p>msgstore is a process, or runs {@link #inThisJvm}. The tests of a class that all want the same msgstore may have
 * {@link #sharing one} among them: a start costs seconds of CPU.
 */
public final class Servers implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private static final int DEAD_LETTERS = 50;
    private static final AtomicInteger TESTS = new AtomicInteger();

    private static TestBroker broker;
    private static TestPostgres postgres;

    private final UnaryOperator<MsgstoreProcess.Builder> sharedSettings;
    private boolean inThisJvm;
    private MsgstoreProcess shared;
    private Path sharedFolder;
    private Path folder;
    private int number;

    /** For tests that each start their own msgstore. */
    public Servers() {
        this(null);
    }

    private Servers(UnaryOperator<MsgstoreProcess.Builder> sharedSettings) {
        this.sharedSettings = sharedSettings;
    }

    /**
     * For tests that share a msgstore, {@link #shared}, and start no other. In each test its counters and its output begin
     * anew, and its tables are new. After a test that fails it is started anew.
     *
     * @param settings adds to those of {@link #msgstore}
     */
    public static Servers sharing(UnaryOperator<MsgstoreProcess.Builder> settings) {
        return new Servers(settings);
    }

    /**
     * Starts msgstore in this JVM where a test asks for nothing that needs a process, such as command line arguments
     * ({@link MsgstoreProcess.Builder#asProcess}).
     */
    public Servers inThisJvm() {
        inThisJvm = true;
        return this;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        synchronized (Servers.class) {
            if (broker == null) {
                broker = TestBroker.running();
                postgres = TestPostgres.running();
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    broker.close();
                    postgres.close();
                }));
            }
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        broker.start();
        if (shared == null) {
            // a session would be kept for minutes, and with it all that is published meanwhile
            broker.empty();
        }
        number = TESTS.incrementAndGet();
        postgres.start();
        postgres.execute("drop schema public cascade; create schema public");
        folder = Folders.temporary("it");
        if (sharedSettings != null) {
            share();
        }
    }

    private void share() {
        if (shared == null) {
            sharedFolder = Folders.temporary("shared");
            shared = sharedSettings.apply(msgstore(sharedFolder)).startAndAwaitReady();
        } else {
            makeTables();
            shared.awaitReady();
        }
        shared.countAnew();
    }

    /** Makes the tables of msgstore as its start does. */
    public void makeTables() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(postgres.jdbcUrl());
        try {
            new Schema(dataSource, StoreModule.migrations(), true).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        // one that is skipped has one, too
        if (context.getExecutionException()
                .filter(e -> !(e instanceof TestAbortedException))
                .isPresent()) {
            printOutputs(context, folder);
            if (shared != null) {
                printOutputs(context, sharedFolder);
            }
            System.err.println(context.getDisplayName() + ", dead letters:\n" + deadLetters());
            endShared();
        }
        Folders.delete(folder);
    }

    private static void printOutputs(ExtensionContext context, Path from) throws IOException {
        try (DirectoryStream<Path> outputs = Files.newDirectoryStream(from, "output-*.log")) {
            for (Path output : outputs) {
                System.err.println(
                        context.getDisplayName() + ", " + output.getFileName() + ":\n" + Files.readString(output));
            }
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        endShared();
    }

    private void endShared() {
        if (shared != null) {
            shared.close();
            shared = null;
            Folders.delete(sharedFolder);
        }
    }

    /** What the test left in the table of dead letters, a line each; or why that is not known. */
    private String deadLetters() {
        try {
            List<Map<String, Object>> rows =
                    postgres.rows("select reason, error, sqlstate, attempts, failed_at, event, topic"
                            + " from dead_letters order by id limit " + DEAD_LETTERS);
            return rows.isEmpty() ? "none" : rows.stream().map(Map::toString).collect(Collectors.joining("\n"));
        } catch (IllegalStateException e) {
            // stopped by the test, say, or without tables: the failure that is printed here is the test's own
            return "unknown: " + e.getCause().getMessage();
        }
    }

    public TestBroker broker() {
        return broker;
    }

    public TestPostgres postgres() {
        return postgres;
    }

    /** The working directory of this test's msgstore. */
    public Path folder() {
        return folder;
    }

    /** The client id of {@link #msgstore()}; new in each test, so that its session holds nothing yet. */
    public String clientId() {
        return "msgstore-" + number;
    }

    /** The msgstore that the tests of this class share; not for a test to close. */
    public MsgstoreProcess shared() {
        return shared;
    }

    /** Prepares a msgstore on these servers. */
    public MsgstoreProcess.Builder msgstore() {
        if (shared != null) {
            throw new IllegalStateException("two would store the same messages: these tests share one");
        }
        return msgstore(folder);
    }

    private MsgstoreProcess.Builder msgstore(Path workingDirectory) {
        MsgstoreProcess.Builder builder = MsgstoreProcess.in(workingDirectory);
        return (inThisJvm ? builder.inThisJvm() : builder)
                .set("msgstore.mqtt.url", broker.url())
                .set("msgstore.mqtt.client-id", clientId())
                .set("msgstore.mqtt.session-expiry", "5m")
                // for tests about something else, on a machine that is busy
                .set("msgstore.db-timeout-ms", 5000)
                .set("msgstore.dsn", postgres.jdbcUrl());
    }

    /** Waits until so many statements of msgstore wait for a lock of the test. */
    public void awaitBlockedStatements(int statements) {
        Awaitility.await("blocked statements")
                .atMost(Limits.LIMIT)
                .until(() -> postgres.query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                + " and application_name = 'msgstore'")
                        >= statements);
    }

    /** A client that publishes, to be closed. */
    public Publisher publisher() {
        return Publisher.to(broker.url());
    }

    /** Prepares a load for the broker. */
    public LoadPublisher load() {
        return LoadPublisher.to(broker.url()).prefix("it" + number);
    }
}
