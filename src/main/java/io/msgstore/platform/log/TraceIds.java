/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.log;

import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.logging.log4j.core.util.ContextDataProvider;

import io.msgstore.platform.contract.Headers;

/**
 * Gives each log line the trace id of the message that its thread has in hand, as {@code trace_id} of the context data. Log4j
 * asks for it when a line is written: the thousands of messages that nothing is said about do not pay for a map of their own.
 */
public final class TraceIds implements ContextDataProvider {
    private static final String KEY = "trace_id";
    private static final ThreadLocal<Exchange> IN_HAND = new ThreadLocal<>();

    /**
     * Says what this thread has in hand from here on.
     *
     * @param exchange null for nothing
     * @return what it had before, for when that is done
     */
    public static Exchange inHand(Exchange exchange) {
        Exchange before = IN_HAND.get();
        IN_HAND.set(exchange);
        return before;
    }

    @Override
    public Map<String, String> supplyContextData() {
        Exchange exchange = IN_HAND.get();
        String id = exchange == null ? null : exchange.getMessage().getHeader(Headers.TRACE_ID, String.class);
        return id == null ? Map.of() : Map.of(KEY, id);
    }
}
