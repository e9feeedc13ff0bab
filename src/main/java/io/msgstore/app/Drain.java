/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.camel.CamelContext;

import io.msgstore.devices.queue.QueueLength;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.database.SqlFailure;

/**
 * {@code --drain}: stores what a durable queue holds, so that another one can take its place.
 *
 * @param queue value of {@code msgstore.queue}
 * @param stop ends it early
 * @param out where it says how far it is
 */
record Drain(CamelContext context, Accounting accounting, String queue, CountDownLatch stop, PrintStream out) {
    /**
     * Prints a line a second, and one at the end; each at once, not by printf, which writes parts between which the log may come.
     * What other instances have taken and not stored is waited for.
     *
     * @return whether the queue is empty
     */
    boolean run() throws InterruptedException {
        if (QueueLength.route(context, QueueLength.QUEUE).isEmpty()) {
            out.println("the queue " + queue + " holds nothing while msgstore is stopped: there is nothing to drain");
            return true;
        }
        QueueLength length = new QueueLength(context, QueueLength.QUEUE);
        do {
            try {
                long left = length.ask();
                // of the queue's own: what the last batch took is in flight until its offsets are noted
                if (left == 0 && accounting.inFlight() == 0) {
                    out.println("the queue %s is empty: %s".formatted(queue, counts(accounting)));
                    return true;
                }
                out.println("%d messages left in the queue %s, %s".formatted(left, queue, counts(accounting)));
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                out.println("waiting for the queue " + queue + ": " + SqlFailure.message(e));
            }
        } while (!stop.await(1, TimeUnit.SECONDS));
        return false;
    }

    /** What became of the messages of a queue. */
    static String counts(Accounting accounting) {
        return String.format(
                "%d stored, %d there already, %d dead letters",
                accounting.total(Outcome.STORED), accounting.total(Outcome.DUPLICATE), accounting.total(Outcome.DEAD));
    }
}
