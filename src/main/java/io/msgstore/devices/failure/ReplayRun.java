/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;

import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;

/**
 * One replay of dead letters: how far it is and what became of them. After an error it can be given to the route again
 * and goes on where it was.
 */
public final class ReplayRun {
    /** How long a request, or a run that was stopped, waits for a page of which nothing is settled, milliseconds. */
    public static final long PATIENCE_MS = 10_000;
    /** For a run that nobody waits for. */
    public static final long WITHOUT_END_MS = Long.MAX_VALUE / 1_000_000;

    private static final long LOOK_EVERY_MS = 100;

    private final Map<String, Object> filters;
    private long patienceMillis;
    private final List<Mark> settled = new ArrayList<>();
    private final List<Mark> beingMarked = new ArrayList<>();
    private long after;
    private long left;
    private boolean more = true;
    private boolean ended;
    private int pending;
    private long waitingSince;
    private long replayed;
    private long failedAgain;
    private long inFlight;

    // all that is kept of a dead letter that is settled; correction is the time of its last correction when it was read
    private record Mark(long id, String correction) {}

    /**
     * @param filters {@code id}, {@code reason}, {@code topic}, {@code event}, {@code from}, {@code to}, {@code q},
     *     {@code after} and {@code limit}, any of which may be missing or null
     * @param patienceMillis how long to wait for a page of which nothing is settled
     */
    public ReplayRun(Map<?, ?> filters, long patienceMillis) {
        this.filters = new HashMap<>();
        for (String name : List.of("id", "reason", "topic", "event", "from", "to", "q")) {
            this.filters.put(name, filters.get(name));
        }
        this.after = filters.get("after") instanceof Number first ? first.longValue() : 0;
        this.left = filters.get("limit") instanceof Number limit ? limit.longValue() : Long.MAX_VALUE;
        this.patienceMillis = patienceMillis;
    }

    synchronized void begin() {
        ended = false;
    }

    /** Whether there may be another page. */
    public synchronized boolean isMore() {
        return more;
    }

    /** Messages replayed and marked so far. */
    public synchronized long replayed() {
        return replayed;
    }

    /** Messages stored so far, marked or about to be. */
    public synchronized long stored() {
        return replayed + beingMarked.size() + settled.size();
    }

    /** Messages that were not settled in time so far, or are under way in another replay. */
    public synchronized long inFlight() {
        return inFlight;
    }

    /** Ends it after the page that is under way, for which it does not wait longer than a request does from now on. */
    public synchronized void cancel() {
        left = 0;
        patienceMillis = Math.min(patienceMillis, PATIENCE_MS);
        waitingSince = System.nanoTime();
    }

    /** Messages that died again so far. */
    public synchronized long failedAgain() {
        return failedAgain;
    }

    /** What the SQL for the next page takes. */
    synchronized Map<String, Object> parameters(int pageSize) {
        beingMarked.addAll(settled);
        settled.clear();
        Map<String, Object> parameters = new HashMap<>(filters);
        parameters.put("settled", listed(mark -> Long.toString(mark.id)));
        parameters.put("corrections", listed(Mark::correction));
        parameters.put("after", after);
        parameters.put("limit", Math.min(left, pageSize));
        return parameters;
    }

    private String listed(Function<Mark, String> text) {
        return beingMarked.stream().map(text).collect(Collectors.joining(","));
    }

    /** The ids that {@link #parameters} named last and that are marked now, or were corrected meanwhile. */
    synchronized List<Long> marked() {
        List<Long> marked = ids(beingMarked);
        beingMarked.clear();
        return marked;
    }

    /**
     * Takes in what the SQL for a page returned.
     *
     * @param claim reserves an id for this run; false when another has it
     * @param release gives an id back
     */
    synchronized List<Letter> page(List<?> rows, LongPredicate claim, LongConsumer release) {
        replayed += ((Number) ((Map<?, ?>) rows.get(0)).get("marked")).longValue();
        List<Letter> letters = new ArrayList<>();
        more = false;
        for (Object one : rows) {
            Map<?, ?> row = (Map<?, ?>) one;
            if (row.get("id") instanceof Number id) {
                more = true;
                after = id.longValue();
                left = Math.max(0, left - 1);
                if (claim.test(after)) {
                    letters.add(new Letter(after, row, release));
                } else {
                    inFlight++;
                }
            }
        }
        pending = letters.size();
        return letters;
    }

    /** Waits for the page; gives up when {@code stopping} or when nothing is settled for too long. */
    synchronized void awaitPage(BooleanSupplier stopping) throws InterruptedException {
        int before = pending;
        waitingSince = System.nanoTime();
        while (pending > 0) {
            wait(LOOK_EVERY_MS);
            if (pending != before) {
                before = pending;
                waitingSince = System.nanoTime();
            } else if (stopping.getAsBoolean() || System.nanoTime() - waitingSince > patienceMillis * 1_000_000) {
                inFlight += pending;
                pending = 0;
                left = 0;
            }
        }
        if (stopping.getAsBoolean()) {
            left = 0;
        }
    }

    private synchronized void settle(Letter letter, Outcome outcome) {
        pending--;
        boolean done = outcome == Outcome.STORED
                || outcome == Outcome.DUPLICATE
                || outcome == Outcome.IGNORED
                || outcome == Outcome.FILTERED;
        if (outcome == Outcome.DEAD) {
            failedAgain++;
        } else if (!done) {
            // dropped by a full queue, or left behind by a stop: still open
            inFlight++;
        }
        if (done && !ended) {
            settled.add(letter.mark);
        } else {
            letter.release.accept(letter.mark.id);
        }
        notifyAll();
    }

    /** Nobody marks any more; returns the ids that are not marked. */
    synchronized List<Long> end() {
        ended = true;
        List<Mark> unmarked = new ArrayList<>(beingMarked);
        unmarked.addAll(settled);
        return ids(unmarked);
    }

    private static List<Long> ids(List<Mark> marks) {
        return marks.stream().map(Mark::id).toList();
    }

    synchronized Map<String, Object> result() {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("replayed", replayed);
        result.put("failed_again", failedAgain);
        result.put("in_flight", inFlight);
        result.put("next", left <= 0 ? after : null);
        return result;
    }

    /** A dead letter that is replayed: tells the run what became of it when its exchange completes. */
    final class Letter implements Synchronization {
        private final Mark mark;
        private final Map<?, ?> row;
        private final LongConsumer release;
        volatile Ticket ticket;

        private Letter(long id, Map<?, ?> row, LongConsumer release) {
            this.mark = new Mark(id, Objects.toString(row.get("correction"), ""));
            this.row = row;
            this.release = release;
        }

        String key() {
            return (String) row.get("message_key");
        }

        String reason() {
            return (String) row.get("reason");
        }

        ReceivedMessage source() {
            byte[] content = (byte[]) row.get("content");
            return new ReceivedMessage((String) row.get("topic"), content == null ? new byte[0] : content)
                    .receivedAt(((Number) row.get("received_at")).longValue())
                    .clientId((String) row.get("client_id"))
                    .username((String) row.get("username"))
                    .traceId((String) row.get("trace_id"));
        }

        @Override
        public void onComplete(Exchange exchange) {
            settle(this, ticket.outcome());
        }

        @Override
        public void onFailure(Exchange exchange) {
            settle(this, null);
        }
    }
}
