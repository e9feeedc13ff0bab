/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;

/**
 * What one message owes: its acknowledgement to the broker, and the room that it takes of the bytes in flight. It may be handed
 * over to another exchange and completed on any thread.
 */
final class Acknowledgement implements Synchronization, Runnable {
    /** In place of a slot: a message of QoS 0, which nobody acknowledges. */
    static final long NONE = -1;

    private final InFlight inFlight;
    private final long slot;
    private int bytes;
    private boolean done;

    /** @param bytes the room that it takes */
    Acknowledgement(InFlight inFlight, long slot, int bytes) {
        this.inFlight = inFlight;
        this.slot = slot;
        this.bytes = bytes;
        this.done = slot == NONE;
    }

    @Override
    public void onComplete(Exchange exchange) {
        giveBack();
        run();
    }

    @Override
    public void onFailure(Exchange exchange) {
        giveBack();
        if (isFirst()) {
            inFlight.reject(exchange.getException());
        }
    }

    // a copy of the exchange may complete as well
    private synchronized boolean isFirst() {
        boolean first = !done;
        done = true;
        return first;
    }

    private void giveBack() {
        int room;
        synchronized (this) {
            room = bytes;
            bytes = 0;
        }
        inFlight.giveBack(room);
    }

    /** Acknowledges the message before its exchange completes; until then it keeps its room. */
    @Override
    public void run() {
        if (isFirst()) {
            inFlight.settle(slot);
        }
    }
}
