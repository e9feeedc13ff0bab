/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

/** Headers and exchange properties that stages share; the headers are part of the contract between routes. */
public final class Names {
    /** Header: the event type, {@code payload.event}. Absent until dispatch. */
    public static final String EVENT = "event";
    /** Header: 32 hexadecimal digits that follow the message from receipt to row. */
    public static final String TRACE_ID = "trace-id";
    /** Header: when the message was received, milliseconds since the epoch. */
    public static final String RECEIVED_AT = "received-at";
    /** Header: why a message can't be stored, one of the dead-letter reasons. */
    public static final String REASON = "reason";
    /** Header: what went wrong, for people. */
    public static final String ERROR = "error";

    /** Header: what identifies a message in a durable queue, for the routes of custom ones. Optional. */
    public static final String QUEUE_ENTRY = "queue-entry";

    /** Property: the message's {@link io.msgstore.accounting.Ticket}. */
    public static final String TICKET = "msgstore.ticket";
    /** Property: a {@link Runnable} for the queue to run when it has taken the message; only where that acknowledges it. */
    public static final String ENQUEUED = "msgstore.enqueued";
    /** Property: the place in a durable queue that is kept for the message. */
    public static final String PLACE = "msgstore.place";
    /** Property: the messages that one exchange of a durable queue holds. */
    public static final String TAKEN = "msgstore.taken";
    /** Property: key of the dead letter that this message is a replay of, or will become if it dies. */
    public static final String DEAD_LETTER_KEY = "msgstore.dead-letter-key";
    /** Property: database attempts made for a message that is on its way to the dead letters. */
    public static final String ATTEMPTS = "msgstore.attempts";
    /** Property: SQLSTATE of the error that sends a message to the dead letters. */
    public static final String SQLSTATE = "msgstore.sqlstate";
    /** Property: the address of the statement that a batch was sent to last, {@code sql:…}. */
    public static final String STATEMENT = "msgstore.statement";
    /** Property: rows stored by a statement that did not account for all of its messages, by event. */
    public static final String STORED = "msgstore.stored";
    /** Variable: the payloads of the batch as one JSON array, parameter {@code :#payloads} of the SQL files. */
    public static final String PAYLOADS = "payloads";
    /** Variable: set where messages are to be made of this one. Also the reason of a dead letter of which none can be made. */
    public static final String MAPPING = "mapping";
    /** Variable: how many messages were made of one. */
    public static final String MADE = "made";
    /** Variable: the batch as one JSON array, parameter {@code :#batch} of the SQL files. */
    public static final String BATCH = "batch";
    /** Variable: the zone of times that name none, or empty, parameter {@code :#timeZone} of the SQL files. */
    public static final String TIME_ZONE = "timeZone";
    /** Variable: how far ahead a time may be, such as 1d, parameter {@code :#maxFuture} of the SQL files. */
    public static final String MAX_FUTURE = "maxFuture";
    /** Variable: the id of the canary that is looked for, parameter {@code :#canary} of its SQL file. */
    public static final String CANARY = "canary";

    private Names() {}
}
