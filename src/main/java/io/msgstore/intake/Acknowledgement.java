/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;

/** What one message owes the broker. It may be handed over to another exchange and completed on any thread. */
final class Acknowledgement implements Synchronization, Runnable {

    private final MqttConnection.Link link;
    private final long slot;
    private boolean done;

    Acknowledgement(MqttConnection.Link link, long slot) {
        this.link = link;
        this.slot = slot;
    }

    @Override
    public void onComplete(Exchange exchange) {
        if (isFirst()) {
            link.settle(slot);
        }
    }

    @Override
    public void onFailure(Exchange exchange) {
        if (isFirst()) {
            link.reject(exchange.getException());
        }
    }

    // a copy of the exchange may complete as well
    private synchronized boolean isFirst() {
        boolean first = !done;
        done = true;
        return first;
    }

    /** Acknowledges the message before its exchange completes. */
    @Override
    public void run() {
        onComplete(null);
    }
}
