/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.time.Duration;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.QueueSettings;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.vitals.Vitals;

/** Ends a msgstore: in good order, or at once. Each way says what becomes of the messages that are not finished. */
record Shutdown(Plan plan, CamelRuntime camel, Backends backends, Accounting accounting) {
    private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

    /** For Camel to stop what did not finish in time. */
    private static final Duration FORCED_STOP = Duration.ofSeconds(3);

    /**
     * Stops the intake, finishes what is in hand, and leaves nothing running.
     *
     * @param receiving whether messages were taken in
     * @param edits what changes routes, or null; it ends first
     */
    void run(boolean receiving, AutoCloseable edits) {
        Duration timeout = plan.settings().duration("msgstore.stop-timeout");
        // asked before the connections are gone
        String fate = fateOfTheRest();
        StopReport report = receiving ? new StopReport(accounting, timeout) : null;
        backends.stopWaiting();
        Backends.quietly("hot edits", edits);
        Backends.quietly("Camel", () -> camel.stop(timeout, FORCED_STOP));
        camel.close();
        if (report != null) {
            report.waited();
        }
        backends.close();
        if (report != null) {
            report.stopped(fate);
        } else {
            LOG.info("Stopped");
        }
    }

    /**
     * Leaves at once: what is not acknowledged stays with the broker. Only an embedded PostgreSQL
     * has to be ended, because it would outlive us.
     *
     * @param why what makes us leave
     */
    void abandon(String why) {
        LOG.warn("{} again: leaving at once; {} messages in flight {}", why, accounting.inFlight(), fateOfTheRest());
        backends.kill();
    }

    /** Ends the process, which has run out of memory, at once, as {@link #abandon}. */
    void outOfMemory(OutOfMemoryError error) {
        try {
            System.err.println("msgstore: out of memory (" + error.getMessage() + "): leaving at once; "
                    + accounting.inFlight() + " messages in flight " + fateOfTheRest()
                    + ". More heap (-Xmx) or a smaller msgstore.max-in-flight-bytes helps.");
            backends.kill();
        } finally {
            Runtime.getRuntime().halt(Vitals.OUT_OF_MEMORY);
        }
    }

    private String fateOfTheRest() {
        if (!plan.hasStore()) {
            return "are not finished";
        }
        if (plan.command().emptiesQueue()) {
            return "stay in the queue";
        }
        if (new QueueSettings(plan.settings()).isDurable()) {
            return "stay in the queue or with the broker";
        }
        boolean acknowledged = !plan.acknowledgesOnCommit();
        if (!acknowledged && !camel.isKeptByTheBroker()) {
            return "are lost, because the broker keeps none (QoS 0, or no session)";
        }
        if (plan.drains()) {
            return acknowledged
                    ? "stay in the queue, or are lost where they were acknowledged on enqueue"
                    : "stay in the queue or with the broker";
        }
        return acknowledged ? "are lost, because they were acknowledged on enqueue" : "stay with the broker";
    }
}
