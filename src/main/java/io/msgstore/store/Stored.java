/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.store;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

import io.msgstore.accounting.Outcome;
import io.msgstore.accounting.Ticket;

/**
 * States for every message of a committed batch whether it was stored or a duplicate, by the rows that the statement
 * returned in the header {@code rows}: {@code event} and {@code stored} each. Which one of several messages with the same
 * key counts as the duplicate is of no consequence.
 */
public final class Stored implements Processor {
    @Override
    public void process(Exchange exchange) {
        Map<String, long[]> storedByEvent = new HashMap<>();
        List<?> rows = exchange.getMessage().getHeader("rows", List.class);
        if (rows == null) {
            throw new IllegalStateException("the statement of the store route returned no rows with event and stored");
        }
        for (Object row : rows) {
            Map<?, ?> columns = (Map<?, ?>) row;
            if (columns.get("event") != null && columns.get("stored") instanceof Number stored) {
                storedByEvent.put(columns.get("event").toString(), new long[] {stored.longValue()});
            } else {
                throw new IllegalStateException("a store statement returns event and stored, not " + columns.keySet());
            }
        }
        for (Batch.Entry entry : exchange.getMessage().getBody(Batch.class).entries()) {
            Ticket ticket = entry.ticket();
            if (ticket != null) {
                long[] left = storedByEvent.get(entry.event());
                boolean stored = left != null && left[0]-- > 0;
                ticket.outcome(stored ? Outcome.STORED : Outcome.DUPLICATE, entry.event());
            }
        }
    }
}
