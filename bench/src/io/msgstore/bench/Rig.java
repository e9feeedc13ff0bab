/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.nio.file.Path;
import java.util.Map;

import org.postgresql.ds.PGSimpleDataSource;

import io.msgstore.database.Schema;
import io.msgstore.support.Folders;
import io.msgstore.support.TestPostgres;

/** The servers: one PostgreSQL for all, which keeps its commits as a production one does, and a new broker for each trial. */
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
    private Broker broker;
    private long filled = -1;

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

    /** A broker without sessions, and tables with so many rows, or some more when that is many. */
    void prepare(Scenario scenario) {
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
        new Schema(database, "classpath:sql/postgresql/migration", true).await();
    }

    private void closeBroker() {
        if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    @Override
    public void close() {
        closeBroker();
        postgres.close();
        Folders.delete(folder);
    }
}
