/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

/** What becomes of a message: the terms of {@code received + dequeued = … + in flight}. */
public enum Outcome {
    /** A row of its own was committed. */
    STORED("msgstore.write.ok", "event", "Rows stored"),
    /** The row was there already. */
    DUPLICATE("msgstore.duplicate", "event", "Messages whose row was there already"),
    /** A filter took it out. */
    FILTERED("msgstore.filtered", "filter", "Messages taken out by a filter"),
    /** Its event is not stored. */
    IGNORED("msgstore.ignored", "event", "Messages of events that are not stored"),
    /** The policy for a full queue gave it up, or it was returned to the broker. */
    DROPPED("msgstore.enqueue.drop", "reason", "Messages given up before the queue"),
    /** A dead letter was committed. */
    DEAD("msgstore.dead", "reason", "Messages written to the dead letters"),
    /** A queue that outlives the process has taken it; whoever takes it from there accounts for it. */
    ENQUEUED("msgstore.enqueued", "queue", "Messages that a durable queue has taken");

    final String meter;
    final String label;
    final String help;

    Outcome(String meter, String label, String help) {
        this.meter = meter;
        this.label = label;
        this.help = help;
    }
}
