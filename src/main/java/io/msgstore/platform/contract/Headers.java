/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

/** Headers of a message, part of the contract between routes. */
public final class Headers {
    /** The event type, {@code payload.event}. Absent until dispatch. */
    public static final String EVENT = "event";
    /** 32 hexadecimal digits that follow the message from receipt to row. */
    public static final String TRACE_ID = "trace-id";
    /** When the message was received, milliseconds since the epoch. */
    public static final String RECEIVED_AT = "received-at";
    /** Why a message can't be stored, one of the dead-letter reasons. */
    public static final String REASON = "reason";
    /** What went wrong, for people. */
    public static final String ERROR = "error";
    /** What identifies a message in a durable queue, for the routes of custom ones. Optional. */
    public static final String QUEUE_ENTRY = "queue-entry";

    private Headers() {}
}
