/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.TestPostgres;

/**
 * Compares the numbers of the messages that the broker took with those in the tables, one by one.
 *
 * @param sent messages that the broker acknowledged to the publisher
 * @param stored messages with a row
 * @param dead messages among the dead letters, in the table or in the spool
 * @param lost messages that are in neither; and those that could be stored and are only among the dead letters, where no
 *     policy for outages asks for that
 * @param twice messages with more than one row, or with a row and a dead letter
 * @param rowAndDead messages with a row and a dead letter where a policy for outages asks for dead letters: set aside when
 *     the connection was gone already, so that the broker delivered them again; a replay finds their rows
 * @param deadTwice messages with more than one dead letter, which a replay stores once: the broker delivered them again and
 *     did not say so
 * @param lastWrong devices whose last position is not the latest of their history
 * @param firstLost numbers of up to ten lost messages
 */
record Reckoning(
        long sent,
        long stored,
        long dead,
        long lost,
        long twice,
        long rowAndDead,
        long deadTwice,
        long lastWrong,
        List<Integer> firstLost) {
    private static final ObjectMapper JSON = new ObjectMapper();

    // a command's fields without a column are its extra, a position has one of its own
    private static final String ROWS = """
            select (extra ->> 'n')::int as n from gps_position_histories
            union all
            select (extra ->> 'n')::int from client_cmd_events""";
    private static final String DEAD = """
            select coalesce(envelope #>> '{payload,extra,n}', envelope #>> '{payload,n}')::int as n from dead_letters""";
    private static final String LAST_WRONG = """
            select count(*)
            from (select terminal_id, max(gps_time) as gps_time from gps_position_histories group by terminal_id) as h
            full join gps_position_last as l using (terminal_id)
            where l.gps_time is distinct from h.gps_time""";

    /**
     * @param sent numbers run from 0 to below this
     * @param spool folder of the spool; need not exist
     * @param deadIsFine whether the policy for outages allows good messages among the dead letters
     */
    static Reckoning of(LoadPublisher load, int sent, TestPostgres postgres, Path spool, boolean deadIsFine) {
        Map<Integer, Integer> rows = new HashMap<>();
        postgres.rows(ROWS).forEach(row -> rows.merge((Integer) row.get("n"), 1, Integer::sum));
        Map<Integer, Integer> dead = new HashMap<>();
        postgres.rows(DEAD).forEach(row -> dead.merge((Integer) row.get("n"), 1, Integer::sum));
        spooled(spool, dead);
        long twice = 0;
        long rowAndDead = 0;
        long deadTwice = 0;
        BitSet lost = new BitSet(sent);
        for (int n = 0; n < sent; n++) {
            int stored = rows.getOrDefault(n, 0);
            int setAside = dead.getOrDefault(n, 0);
            boolean both = stored > 0 && setAside > 0;
            if (stored > 1 || both && !deadIsFine) {
                twice++;
            } else if (both) {
                rowAndDead++;
            }
            if (setAside > 1) {
                deadTwice++;
            }
            if (stored == 0 && (setAside == 0 || !load.isBad(n) && !deadIsFine)) {
                lost.set(n);
            }
        }
        return new Reckoning(
                sent,
                rows.size(),
                dead.size(),
                lost.cardinality(),
                twice,
                rowAndDead,
                deadTwice,
                postgres.query(LAST_WRONG),
                lost.stream().limit(10).boxed().toList());
    }

    private static void spooled(Path folder, Map<Integer, Integer> dead) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                for (String line : Files.readAllLines(file)) {
                    if (!line.isBlank()) {
                        JsonNode payload = JSON.readTree(line).path("envelope").path("payload");
                        JsonNode number = payload.path("extra").path("n");
                        dead.merge((number.isMissingNode() ? payload.path("n") : number).intValue(), 1, Integer::sum);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
