/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;

/** What is owed for a message that was taken apart: done when the last of its parts is settled, well only if all of them were. */
final class Together {
    private final Ticket whole;
    private final List<Synchronization> owed;
    private int open;
    private boolean failed;

    /**
     * @param whole the ticket of the message
     * @param owed the completions of its exchange, its ticket among them
     * @param parts how many it was taken apart into
     */
    Together(Ticket whole, List<Synchronization> owed, int parts) {
        this.whole = whole;
        this.owed = owed;
        this.open = parts;
    }

    /** What one of the parts owes. */
    Synchronization part() {
        return new Part();
    }

    private synchronized boolean isLast(boolean stored) {
        failed |= !stored;
        return --open == 0;
    }

    private void settle(Exchange exchange, boolean stored) {
        if (!isLast(stored)) {
            return;
        }
        // for a replay: each part that died has a dead letter of its own
        whole.outcome(Outcome.STORED, null);
        Completions.run(owed, exchange, !failed);
    }

    /** Settled once: a copy of the exchange may complete as well. */
    private final class Part extends AtomicBoolean implements Synchronization {
        private static final long serialVersionUID = 1;

        @Override
        public void onComplete(Exchange exchange) {
            if (compareAndSet(false, true)) {
                settle(exchange, true);
            }
        }

        @Override
        public void onFailure(Exchange exchange) {
            if (compareAndSet(false, true)) {
                settle(exchange, false);
            }
        }
    }
}
