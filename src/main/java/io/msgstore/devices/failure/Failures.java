/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.camel.Exchange;
import org.apache.camel.Message;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.store.Batch;
import io.msgstore.devices.store.Statements;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;
import io.msgstore.platform.contract.Parameters;
import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.vitals.Vitals;

/** What the routes in {@code routes/failure} need from Java: predicates on errors, and the making of dead letters. */
public final class Failures {
    /** Property of an exchange: SQLSTATE of the error that sends its message to the dead letters. */
    static final String SQLSTATE = "msgstore.sqlstate";

    private final boolean hold;
    private final Copies copies;

    /**
     * @param hold whether outages are waited for ({@code msgstore.on-outage=hold})
     * @param filters that messages come by ({@code msgstore.mqtt.topics}), of which several may bring the same one
     */
    public Failures(boolean hold, List<String> filters) {
        this.hold = hold;
        copies = new Copies(filters, System::nanoTime);
    }

    /** True when the data can't be stored, whenever it is tried. */
    public boolean isBadData(Exchange exchange) {
        return SqlFailure.of(error(exchange)) == SqlFailure.DATA;
    }

    /** True when the database refuses the batch: for its data, or for a reason that its SQLSTATE does not reveal. */
    public boolean isRefused(Exchange exchange) {
        SqlFailure kind = SqlFailure.of(error(exchange));
        return kind == SqlFailure.DATA || kind == SqlFailure.REFUSED;
    }

    /** True when the statement timed out and there is a smaller one to try. */
    public boolean isTooSlow(Exchange exchange) {
        return SqlFailure.of(error(exchange)) == SqlFailure.TIMEOUT
                && exchange.getMessage().getBody() instanceof Batch batch
                && batch.getSize() > 1;
    }

    /** True when the failure is to be waited out: the database's, not of the data, nor of a route. */
    public boolean isHeld(Exchange exchange) {
        Exception error = error(exchange);
        // Camel puts its own in place of the database's when it stops while waiting
        return hold
                && (error instanceof RejectedExecutionException
                        || SqlFailure.isSql(error) && SqlFailure.of(error) != SqlFailure.DATA);
    }

    /** True when the dead letter was refused with its payload as bytes too. */
    public boolean isRawAlready(Exchange exchange) {
        return exchange.getMessage().getBody(Batch.class).entries().get(0).body() instanceof DeadLetter letter
                && letter.raw();
    }

    /**
     * Turns an exchange that holds a batch of one message and the error of its statement into an exchange of that
     * message, its acknowledgement with it, and the reason for the dead letter.
     */
    public void message(Exchange exchange) {
        Exception error = error(exchange);
        alone(
                exchange,
                exchange.getMessage().getBody(Batch.class),
                SqlFailure.reason(error),
                SqlFailure.message(error),
                SqlFailure.sqlState(error));
    }

    // not by the name of a step: Camel would choose between the two by what it finds for their parameters
    static void alone(Exchange exchange, Batch single, String reason, String error, String state) {
        Batch.Entry entry = single.only();
        become(exchange, entry, entry.body());
        exchange.getMessage().setHeader(Headers.REASON, reason);
        exchange.getMessage().setHeader(Headers.ERROR, error);
        exchange.setProperty(SQLSTATE, state);
        exchange.setProperty(ExchangeProperties.DEAD_LETTER_KEY, entry.deadLetterKey());
    }

    private static void become(Exchange exchange, Batch.Entry entry, Object body) {
        exchange.getMessage().setBody(body);
        exchange.getMessage().setHeader(Headers.EVENT, entry.event());
        exchange.setProperty(Ticket.PROPERTY, entry.ticket());
        Completions.give(exchange, entry.completions());
    }

    /**
     * Describes the message of the exchange as a dead letter, which becomes its body. One that comes without a reason is internal, and
     * what it failed with its error.
     */
    public void describe(Exchange exchange) {
        Message message = exchange.getMessage();
        Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        Vitals.look(error);
        Envelope envelope = message.getBody(Envelope.class);
        Object key = exchange.getProperty(ExchangeProperties.DEAD_LETTER_KEY);
        message.setBody(new DeadLetter(
                envelope,
                // that of a replay stays
                key instanceof String known ? known : copies.key(envelope, key),
                message.getHeader(Headers.REASON, "internal", String.class),
                message.getHeader(Headers.ERROR, error == null ? null : error.getMessage(), String.class),
                exchange.getProperty(SQLSTATE, String.class),
                exchange.getProperty(Statements.ATTEMPTS, 0, Integer.class),
                Instant.now(),
                false));
    }

    /** Replaces the one dead letter of the batch with the same as bytes. */
    public void asBytes(Exchange exchange) {
        Batch.Entry entry = exchange.getMessage().getBody(Batch.class).only();
        become(exchange, entry, ((DeadLetter) entry.body()).asBytes());
    }

    /** States for every message of a batch of dead letters that it is dead. */
    public void dead(Exchange exchange) {
        for (Batch.Entry entry : exchange.getMessage().getBody(Batch.class).entries()) {
            Ticket ticket = entry.ticket();
            if (ticket != null && entry.body() instanceof DeadLetter letter) {
                ticket.outcome(Outcome.DEAD, letter.reason());
            }
        }
    }

    /** True for more than one line of the spool. */
    public boolean isSeveralLines(Exchange exchange) {
        return exchange.getMessage().getBody(String.class).indexOf('\n') >= 0;
    }

    /** Makes the JSON array of a batch out of lines of the spool. */
    public void spooledBatch(Exchange exchange) {
        Stream<String> lines = exchange.getMessage().getBody(String.class).lines();
        exchange.setVariable(
                Parameters.BATCH, lines.filter(line -> !line.isBlank()).collect(Collectors.joining(",", "[", "]")));
    }

    /** Makes the JSON array of a batch out of one line of the spool, with its payload as bytes; the variable {@code bytes} tells. */
    public void spooledBytes(Exchange exchange) {
        exchange.setVariable("bytes", true);
        String line = exchange.getMessage().getBody(String.class).strip();
        exchange.setVariable(Parameters.BATCH, "[" + DeadLetter.asBytes(line) + "]");
    }

    private static Exception error(Exchange exchange) {
        Exception current = exchange.getException();
        Exception error = current != null ? current : exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        // Camel makes an exception of it, and it is not the message's
        Vitals.look(error);
        return error;
    }
}
