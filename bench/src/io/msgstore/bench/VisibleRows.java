/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.HdrHistogram.Histogram;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.TestPostgres;

/**
 * Looks every {@value #POLL_MILLIS} ms which rows of some devices another session sees, and so how long after its
 * publishing each message was visible. The result is too long by the poll, never too short; time is counted from when a
 * message was due, so a publisher that is held up makes no result better.
 */
final class VisibleRows implements AutoCloseable {
    private static final int POLL_MILLIS = 2;
    private static final int DEVICES = 20;
    private static final String SQL = "select terminal_id, extract(epoch from gps_time)::bigint"
            + " from gps_position_histories where terminal_id = any (?) and gps_time >= to_timestamp(?)";

    private final LoadPublisher.Running running;
    private final int messages;
    private final int devices;
    private final long firstTs;
    private final Map<String, Integer> watched = new HashMap<>();
    private final BitSet seen = new BitSet();
    private final Histogram nanos = new Histogram(TimeUnit.MINUTES.toNanos(10), 3);
    private final Thread thread = new Thread(this::watch, "visible-rows");
    private final Connection connection;
    private volatile boolean closed;
    private volatile SQLException failure;

    VisibleRows(TestPostgres postgres, LoadPublisher load, LoadPublisher.Running running, int messages, int devices)
            throws SQLException {
        this.running = running;
        this.messages = messages;
        this.devices = devices;
        this.firstTs = load.ts(0);
        int every = Math.max(1, devices / DEVICES);
        for (int device = 0; device < devices; device += every) {
            watched.put(load.terminal(device), device);
        }
        connection = postgres.connect();
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        // rounds are complete up to here: all watched devices' messages with this time were seen
        long complete = 0;
        try (PreparedStatement statement = connection.prepareStatement(SQL)) {
            statement.setArray(
                    1, connection.createArrayOf("text", watched.keySet().toArray()));
            while (!closed) {
                statement.setLong(2, firstTs + complete);
                try (ResultSet rows = statement.executeQuery()) {
                    long now = System.nanoTime();
                    while (rows.next()) {
                        see((int) ((rows.getLong(2) - firstTs) * devices) + watched.get(rows.getString(1)), now);
                    }
                }
                while (complete * devices < messages && isComplete(complete)) {
                    complete++;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
            }
        } catch (SQLException e) {
            failure = closed ? null : e;
        }
    }

    private void see(int message, long now) {
        if (!seen.get(message)) {
            seen.set(message);
            nanos.recordValue(Math.max(0, now - running.sentNanos(message)));
        }
    }

    private boolean isComplete(long round) {
        for (int device : watched.values()) {
            long message = round * devices + device;
            if (message < messages && !seen.get((int) message)) {
                return false;
            }
        }
        return true;
    }

    /** Ends the watching. */
    Latencies latencies() throws SQLException, InterruptedException {
        closed = true;
        thread.join();
        if (failure != null) {
            throw failure;
        }
        return Latencies.of(nanos);
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        connection.close();
    }
}
