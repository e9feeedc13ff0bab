/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

import java.util.List;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.DefaultExchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes an exchange's completions off it, the message's acknowledgement and {@link Ticket} among them. */
public final class Completions {
    private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

    // Camel hands completions only from exchange to exchange; this one is just for changing hands
    private static final ThreadLocal<Exchange> HAND = new ThreadLocal<>();

    private Completions() {}

    /** The completions of the exchange, which has none afterwards. */
    public static List<Synchronization> take(Exchange exchange) {
        Exchange hand = HAND.get();
        if (hand == null || hand.getContext() != exchange.getContext()) {
            hand = new DefaultExchange(exchange.getContext());
            HAND.set(hand);
        }
        exchange.getExchangeExtension().handoverCompletions(hand);
        List<Synchronization> completions = hand.getExchangeExtension().handoverCompletions();
        return completions == null ? List.of() : completions;
    }

    /** Runs completions that were taken off an exchange, each of them, whatever the others do. */
    public static void run(List<Synchronization> completions, Exchange exchange, boolean stored) {
        for (Synchronization completion : completions) {
            try {
                if (stored) {
                    completion.onComplete(exchange);
                } else {
                    completion.onFailure(exchange);
                }
            } catch (RuntimeException e) {
                LOG.warn("A completion of a message failed; the message may stay unacknowledged", e);
            }
        }
    }

    /** Gives the exchange completions that were taken off another. */
    public static void give(Exchange exchange, List<Synchronization> completions) {
        for (Synchronization completion : completions) {
            exchange.getExchangeExtension().addOnCompletion(completion);
        }
    }
}
