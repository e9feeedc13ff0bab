/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

import org.postgresql.ds.PGSimpleDataSource;

import io.msgstore.platform.database.Schema;
import io.msgstore.support.Folders;
import io.msgstore.support.StoreModule;
import io.msgstore.support.TestPostgres;

/**
 * The servers: one PostgreSQL for all, which keeps its commits as a production one does, and for each trial a new broker, and a
 * new Redis or Kafka where the contender queues there.
 */
final class Rig implements AutoCloseable {
    // as in any production server, but for a larger buffer and for checkpoints that stay out of a trial
    private static final Map<String, String> SETTINGS = Map.of(
            "fsync", "on",
            "full_page_writes", "on",
            "shared_buffers", "256MB",
            "max_wal_size", "8GB",
            "checkpoint_timeout", "30min");

    private final TestPostgres postgres = TestPostgres.running(SETTINGS);
    private final Path folder = Folders.temporary("bench");
    private final Path recording = folder.resolve("recording.jfr");
    private final boolean records;
    private Broker broker;
    private Optional<QueueServer> queue = Optional.empty();
    private long filled = -1;

    /** @param records whether trials are recorded, to see where the time goes */
    Rig(boolean records) {
        this.records = records;
    }

    TestPostgres postgres() {
        return postgres;
    }

    String jdbcUrl() {
        return postgres.jdbcUrl();
    }

    String brokerUrl() {
        return broker.url();
    }

    long brokerPid() {
        return broker.pid();
    }

    /** What leads msgstore to the server of its queue. */
    Map<String, String> queueSettings() {
        return queue.map(QueueServer::settings).orElse(Map.of());
    }

    /** Process of the queue's server, 0 where there is none. */
    long queuePid() {
        return queue.map(QueueServer::pid).orElse(0L);
    }

    /** What the queue's server is, where there is one. */
    Optional<String> aboutQueue() {
        return queue.map(QueueServer::about);
    }

    /** Begins the recording of a JVM, if that is wanted; the last one is kept. */
    void record(long pid) {
        if (records) {
            Profile.begin(pid, recording);
        }
    }

    /** The recording of the last trial, if that was wanted. */
    Optional<Path> recording() {
        return Optional.of(recording).filter(file -> records && Files.exists(file));
    }

    /** An empty Redis or Kafka, for a contender that queues there. */
    void prepareQueue(Contender contender) {
        closeQueue();
        queue = QueueServer.startFor(contender.settings());
    }

    /** A broker without sessions, an empty queue, and tables with so many rows, or some more when that is many. */
    void prepare(Scenario scenario, Contender contender) {
        prepareQueue(contender);
        closeBroker();
        broker = Broker.start(folder, scenario.window());
        long wanted = scenario.rowsBefore();
        // filling takes minutes, and a few trials more or less are nothing to millions
        if (wanted == 0 || wanted != filled) {
            postgres.execute("truncate gps_position_histories, gps_position_last, client_cmd_events");
            if (wanted > 0) {
                System.err.printf("  filling the table with %,d rows%n", wanted);
                postgres.execute("""
                        insert into gps_position_histories (terminal_id, gps_time, latitude, longitude, altitude, speed,
                            direction, status, alarm)
                        select 'old-' || lpad((i %% 10000)::text, 5, '0'), to_timestamp(1700000000 + i / 10000), 52.52, 13.405,
                            34, 42.5, 90, 3, 0
                        from generate_series(0, %d - 1) as i
                        """.formatted(wanted));
            }
            postgres.execute("vacuum analyze");
        }
        filled = wanted;
        postgres.execute("checkpoint");
    }

    /** Makes each statement that stores positions take so much longer, from now on. */
    void slowDown(int millis) {
        postgres.execute("drop trigger if exists slow on gps_position_histories");
        if (millis > 0) {
            postgres.execute(
                    "create or replace function slow() returns trigger language plpgsql as $$ begin perform pg_sleep("
                            + millis / 1000.0 + "); return null; end $$; create trigger slow after insert on"
                            + " gps_position_histories for each statement execute function slow()");
        }
    }

    /** Makes the tables, as msgstore itself does. */
    void migrate() throws InterruptedException {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(postgres.jdbcUrl());
        new Schema(database, StoreModule.migrations(), true).await();
    }

    private void closeQueue() {
        queue.ifPresent(QueueServer::close);
        queue = Optional.empty();
    }

    private void closeBroker() {
        if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    @Override
    public void close() {
        closeQueue();
        closeBroker();
        postgres.close();
        Folders.delete(folder);
    }
}
