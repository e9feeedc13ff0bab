/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.util.function.Supplier;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Makes what is asked for the body; there are no parameters to ask with. */
public final class Answer implements Processor {
    private final Supplier<?> content;

    /** @param content what becomes JSON */
    public Answer(Supplier<?> content) {
        this.content = content;
    }

    @Override
    public void process(Exchange exchange) {
        requireNoParameters(exchange);
        exchange.getMessage().setBody(content.get());
    }

    public static void requireNoParameters(Exchange exchange) {
        if (!exchange.getMessage()
                .getHeader(Exchange.HTTP_QUERY, "", String.class)
                .isEmpty()) {
            throw new BadRequest("there are no parameters");
        }
    }
}
