/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Folders;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.TestBroker;
import io.msgstore.support.TestPostgres;

/**
 * The parts of one run: broker and database, which the runs share, networks to both, and msgstore as a process. msgstore runs
 * with its defaults and as a database user who is nobody special.
 */
final class Scene implements AutoCloseable {
    static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String CRITICAL = "gps_position_histories";

    final TestBroker broker;
    final TestPostgres postgres;
    final TcpProxy brokerNetwork;
    final TcpProxy databaseNetwork;
    final Path folder = Folders.temporary("fault");
    final Random random;
    final String clientId;
    /** How long faults last that have a length, in seconds. */
    final int seconds;

    private final Map<String, Object> settings = new LinkedHashMap<>();
    /** Those of the settings that a restart keeps. */
    private final Map<String, Object> kept = new LinkedHashMap<>();

    private final List<AutoCloseable> servers = new ArrayList<>();
    private long mayBeLost;
    private volatile MsgstoreProcess msgstore;
    private MsgstoreProcess second;
    private volatile LoadPublisher.Running load;

    Scene(TestBroker broker, TestPostgres postgres, String clientId, int seconds, Random random) {
        this.broker = broker;
        this.postgres = postgres;
        this.clientId = clientId;
        this.seconds = seconds;
        this.random = random;
        broker.start();
        postgres.start();
        postgres.execute("do $$ begin create role msgstore login; exception when duplicate_object then end $$;"
                + "alter role msgstore reset all; alter role msgstore connection limit -1;"
                + "drop schema public cascade; create schema public authorization msgstore");
        brokerNetwork = new TcpProxy(broker.port());
        databaseNetwork = new TcpProxy(postgres.port());
        keep("msgstore.mqtt.url", "tcp://127.0.0.1:" + brokerNetwork.port());
        keep("msgstore.mqtt.client-id", clientId);
        keep("msgstore.mqtt.session-expiry", "10m");
        keep("msgstore.dsn", "postgres://msgstore@127.0.0.1:" + databaseNetwork.port() + "/msgstore");
        keep("msgstore.dead-letter.dir", "spool");
    }

    /** Sets a configuration key for the next start. */
    void set(String key, Object value) {
        settings.put(key, value);
    }

    /** Sets a configuration key for every start. */
    void keep(String key, Object value) {
        kept.put(key, value);
        settings.put(key, value);
    }

    /** A server of this run alone. */
    void own(AutoCloseable server) {
        servers.add(server);
    }

    /** So many messages were with someone who has forgotten them. */
    void mayBeLost(long messages) {
        mayBeLost = messages;
    }

    long mayBeLost() {
        return mayBeLost;
    }

    String setting(String key) {
        return String.valueOf(settings.get(key));
    }

    Path spool() {
        return folder.resolve("spool");
    }

    /** Dead letters in files that are not in the table yet. */
    long spooledLines() {
        if (!Files.isDirectory(spool())) {
            return 0;
        }
        try (Stream<Path> files = Files.list(spool())) {
            long lines = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                lines += Files.readAllLines(file).stream()
                        .filter(line -> !line.isBlank())
                        .count();
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What every msgstore of this run said. */
    String outputs() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("output-"))
                    .sorted()
                    .toList()) {
                all.append(file.getFileName())
                        .append(":\n")
                        .append(Files.readString(file))
                        .append('\n');
            }
        }
        return all.toString();
    }

    /** What the running msgstore has to say about itself: accounts, health and stacks. */
    String state() {
        if (msgstore == null || !msgstore.isAlive()) {
            return "msgstore is not running";
        }
        StringBuilder all = new StringBuilder();
        try {
            for (String path : List.of("/api/v1/accounts", "/observe/health")) {
                all.append(path).append(":\n").append(msgstore.get(path).body()).append('\n');
            }
            Process stacks = new ProcessBuilder("jcmd", Long.toString(msgstore.pid()), "Thread.print")
                    .redirectErrorStream(true)
                    .start();
            all.append(new String(stacks.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException e) {
            all.append("says no more: ").append(e);
        }
        return all.toString();
    }

    /** Gives msgstore a copy of the routes with a trap in it, until {@link #restart}. */
    void trap(Trap trap) {
        Folders.copyOfProject("routes", folder);
        trap.set(folder);
    }

    void start() {
        MsgstoreProcess.Builder builder = MsgstoreProcess.in(folder);
        settings.forEach(builder::set);
        msgstore = builder.startAndAwaitReady();
    }

    MsgstoreProcess msgstore() {
        return msgstore;
    }

    void load(LoadPublisher.Running running) {
        load = running;
    }

    LoadPublisher.Running load() {
        return load;
    }

    /** Starts msgstore anew, with the routes of the jar and without the settings that led to the fault. */
    void restart() {
        msgstore.close();
        Folders.delete(folder.resolve("routes"));
        MsgstoreProcess.Builder builder = MsgstoreProcess.in(folder);
        kept.forEach(builder::set);
        msgstore = builder.startAndAwaitReady();
    }

    /** Starts another one beside it, with the same settings and a session of its own. */
    void startSecond() {
        MsgstoreProcess.Builder builder = MsgstoreProcess.in(Folders.temporary("second"));
        kept.forEach(builder::set);
        second = builder.set("msgstore.mqtt.client-id", clientId + "-second").startAndAwaitReady();
    }

    MsgstoreProcess second() {
        return second;
    }

    void killAndRestart() {
        msgstore.kill9();
        restart();
    }

    /** Waits until a message is held by the trap. */
    void awaitTrap() {
        msgstore.awaitLine(Trap.SPRUNG, LIMIT);
    }

    void awaitMetric(String name, double atLeast) {
        Awaitility.await(name + " of " + atLeast)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> msgstore.metric(name) >= atLeast);
    }

    /** Waits until a statement of msgstore waits for a lock. */
    void awaitBlockedStatement() {
        Awaitility.await("a blocked statement")
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> postgres.query("select count(*) from pg_stat_activity where usename = 'msgstore'"
                                + " and wait_event_type = 'Lock'")
                        > 0);
    }

    /** Sends a signal such as {@code STOP}. */
    void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(msgstore.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill -" + name + ": " + code);
        }
    }

    /** Lets the fault last. Messages go on being published meanwhile, which is what makes it one. */
    void last() {
        last(seconds);
    }

    void last(double s) {
        long end = System.nanoTime() + (long) (s * 1e9);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    void disconnectDatabaseUsers() {
        postgres.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'msgstore'");
    }

    /** Takes the lock that every statement of positions needs. */
    Connection lockPositions() throws SQLException {
        Connection lock = postgres.connect();
        lock.setAutoCommit(false);
        lock.createStatement().execute("lock table " + CRITICAL + " in access exclusive mode");
        return lock;
    }

    /** Makes every insert of positions run this PL/pgSQL first, for as long as the fault lasts. */
    void trigger(String body) {
        postgres.execute("create function public.trouble() returns trigger language plpgsql as $$ begin " + body
                + " return null; end $$; create trigger trouble before insert on " + CRITICAL
                + " for each statement execute function public.trouble()");
        last();
        postgres.execute("drop trigger trouble on " + CRITICAL + "; drop function public.trouble()");
    }

    @Override
    public void close() {
        if (load != null) {
            load.close();
        }
        if (msgstore != null) {
            msgstore.close();
        }
        if (second != null) {
            second.close();
        }
        brokerNetwork.close();
        databaseNetwork.close();
        Folders.delete(folder);
        endSession(clientId);
        endSession(clientId + "-second");
        for (AutoCloseable server : servers) {
            try {
                server.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    // or the broker would go on collecting the messages of later runs for it
    private void endSession(String id) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        options.setSessionExpiryInterval(0L);
        try {
            MqttClient client = new MqttClient(broker.url(), id, new MemoryPersistence());
            client.connect(options);
            client.disconnect();
            client.close();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }
}
