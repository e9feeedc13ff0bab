/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.TestPostgres;

/** The rows that a load is to become. */
final class StoredRows {
    private static final Duration STRAGGLERS = Duration.ofSeconds(5);
    private static final int LAST = 50;

    private final TestPostgres postgres;
    private final LoadPublisher load;
    private final int messages;
    private final int devices;

    StoredRows(TestPostgres postgres, LoadPublisher load, int messages, int devices) {
        this.postgres = postgres;
        this.load = load;
        this.messages = messages;
        this.devices = devices;
    }

    /**
     * Waits for them. Looks at the last messages alone, which costs next to nothing, and counts all once they are there.
     *
     * @param givenUp whether no more are to come
     * @return how many there are
     */
    long await(Duration limit, BooleanSupplier givenUp) throws SQLException {
        StringBuilder last = new StringBuilder();
        int[] storable =
                IntStream.range(0, messages).filter(i -> !load.isBad(i)).toArray();
        int among = Math.min(LAST, storable.length);
        for (int i : Arrays.copyOfRange(storable, storable.length - among, storable.length)) {
            last.append(last.isEmpty() ? "" : ",")
                    .append("('")
                    .append(load.terminal(i))
                    .append("',to_timestamp(")
                    .append(load.ts(i))
                    .append("))");
        }
        String looked = "select count(*) from gps_position_histories where (terminal_id, gps_time) in (" + last + ")";
        try (Connection connection = postgres.connect();
                PreparedStatement statement = connection.prepareStatement(looked)) {
            Awaitility.await("the last rows")
                    .pollInSameThread()
                    .atMost(limit)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> count(statement) >= among || givenUp.getAsBoolean());
        }
        long stored = count();
        long end = System.nanoTime() + STRAGGLERS.toNanos();
        while (stored < storable.length && System.nanoTime() - end < 0) {
            stored = count();
        }
        return stored;
    }

    /** How many there are now. */
    long count() {
        return postgres.query("select count(*) from gps_position_histories where terminal_id >= '" + load.terminal(0)
                + "' and terminal_id <= '" + load.terminal(devices - 1) + "'");
    }

    private static long count(PreparedStatement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getLong(1);
        }
    }
}
