/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.util.List;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.spi.Synchronization;

import io.msgstore.Names;
import io.msgstore.accounting.Completions;

/**
 * Carries a message's completions, its acknowledgement among them, over the SEDA hop in an exchange property.
 *
 * <p>SEDA hands the completions to its copy before it knows whether the copy fits into the queue. If it does not, they are
 * gone: the message would never be acknowledged and would keep its slot of the broker's window for ever. In a property
 * they stay with the original as well, which takes them back when the queue refuses.
 */
public final class Acknowledgements {
    private Acknowledgements() {}

    /** Moves the completions of the exchange into a property. */
    public static Processor hold() {
        return exchange -> exchange.setProperty(Names.ACKNOWLEDGEMENT, Completions.take(exchange));
    }

    /** Gives the exchange its completions back. */
    public static Processor release() {
        return Acknowledgements::release;
    }

    @SuppressWarnings("unchecked")
    private static void release(Exchange exchange) {
        List<Synchronization> completions = (List<Synchronization>) exchange.removeProperty(Names.ACKNOWLEDGEMENT);
        if (completions != null) {
            Completions.give(exchange, completions);
        }
    }
}
