/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;

/**
 * States for every message of a committed batch whether it was stored or a duplicate, by the rows that the statement
 * returned in the header {@code rows}: {@code event} and {@code stored} each, a row for every event of the batch. Which one of
 * several messages with the same key counts as the duplicate is of no consequence.
 *
 * <p>A statement may return {@code missing} too: messages that it neither stored nor found there. What became of them is then
 * found out one by one.
 */
public final class Stored implements Processor {
    /** Property of an exchange: rows stored by a statement that did not account for all of its messages, by event. */
    public static final String BY_EVENT = "msgstore.stored";

    /** SQLSTATE of a message that a statement neither stored nor found: a constraint that nobody declared. */
    private static final String DROPPED = "23000";

    private static final int LONGEST_WITNESS = 1 << 16;

    private final Map<String, byte[]> witnesses = new ConcurrentHashMap<>();

    /** A message of the batches of that name that was stored before; empty where there is none. JSON. */
    public byte[] witness(String batch) {
        return witnesses.getOrDefault(batch, new byte[0]);
    }

    @Override
    public void process(Exchange exchange) throws SQLException {
        Map<String, Long> storedByEvent = new HashMap<>();
        List<?> rows = exchange.getMessage().getHeader("rows", List.class);
        if (rows == null) {
            throw new IllegalStateException("the statement of the store route returned no rows with event and stored");
        }
        long missing = 0;
        for (Object row : rows) {
            Map<?, ?> columns = (Map<?, ?>) row;
            if (columns.get("event") != null && columns.get("stored") instanceof Number count) {
                storedByEvent.put(columns.get("event").toString(), count.longValue());
            } else {
                throw new IllegalStateException("a store statement returns event and stored, not " + columns.keySet());
            }
            missing += columns.get("missing") instanceof Number lost ? lost.longValue() : 0;
        }
        Batch batch = exchange.getMessage().getBody(Batch.class);
        requireItsEvents(batch, storedByEvent.keySet());
        if (missing > 0) {
            exchange.setProperty(BY_EVENT, storedByEvent);
            throw new SQLException(missing + " messages were neither stored nor found", DROPPED);
        }
        account(batch, storedByEvent);
    }

    // a statement that answers for others is another one: nothing is known of what it was given
    private static void requireItsEvents(Batch batch, Set<String> answered) {
        for (Batch.Entry entry : batch.entries()) {
            if (!answered.contains(entry.event())) {
                throw new IllegalStateException("the statement of " + batch.getName() + " answered for " + answered
                        + " and not for " + entry.event());
            }
        }
    }

    /** @param storedByEvent rows stored, by event */
    public void account(Batch batch, Map<String, Long> storedByEvent) {
        Map<String, Long> left = new HashMap<>(storedByEvent);
        for (Batch.Entry entry : batch.entries()) {
            Ticket ticket = entry.ticket();
            if (ticket != null) {
                boolean stored = left.merge(entry.event(), -1L, Long::sum) >= 0;
                ticket.outcome(stored ? Outcome.STORED : Outcome.DUPLICATE, entry.event());
            }
        }
        if (batch.getSize() > 0) {
            byte[] witness = batch.entries().get(0).json();
            if (witness.length <= LONGEST_WITNESS) {
                witnesses.put(batch.getName(), witness);
            }
        }
    }
}
