/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

import io.msgstore.support.TestPostgres;

/** What happened in the course of one trial, twice a second. */
final class Series implements AutoCloseable {
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int TICKS_PER_SCRAPE = 4;
    // rows are counted by PostgreSQL's statistics, which sessions report once a second
    private static final String ROWS =
            "select coalesce(n_tup_ins, 0) from pg_stat_user_tables where relname = 'gps_position_histories'";

    /**
     * One look.
     *
     * @param seconds since the load began
     * @param published messages that the broker has taken
     * @param rows rows that were inserted
     * @param queueLength messages in the contender's queue within the last two seconds, -1 where it does not tell
     * @param cpuSeconds of the contender since the load began
     * @param residentMb of the contender
     */
    record Point(double seconds, long published, long rows, long queueLength, double cpuSeconds, double residentMb) {}

    private final List<Point> points = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    Series(TestPostgres postgres, Contender.Running contender, LongSupplier published) {
        long start = System.nanoTime();
        double cpuBefore = ProcessMeter.cpuSeconds(contender.pid());
        long rowsBefore = postgres.query(ROWS);
        thread = new Thread(
                () -> {
                    long queueLength = -1;
                    for (long tick = 1; !closed; tick++) {
                        // msgstore tells it with all its metrics, which costs it some milliseconds
                        if (tick % TICKS_PER_SCRAPE == 1) {
                            queueLength = contender.queueLength().orElse(-1);
                        }
                        double seconds = (System.nanoTime() - start) / 1e9;
                        points.add(new Point(
                                seconds,
                                published.getAsLong(),
                                postgres.query(ROWS) - rowsBefore,
                                queueLength,
                                ProcessMeter.cpuSeconds(contender.pid()) - cpuBefore,
                                ProcessMeter.residentMb(contender.pid())));
                        while (!closed && System.nanoTime() - start < tick * PERIOD_NANOS) {
                            LockSupport.parkNanos(start + tick * PERIOD_NANOS - System.nanoTime());
                        }
                    }
                },
                "series");
        thread.setDaemon(true);
        thread.start();
    }

    List<Point> points() throws InterruptedException {
        close();
        return points;
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
