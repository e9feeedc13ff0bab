/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.util.function.Supplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/** Answers requests in JSON. */
public final class Answer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Answer() {}

    /** A step that answers with the content; there are no parameters to ask with. */
    public static Processor of(Supplier<?> content) {
        return exchange -> {
            requireNoParameters(exchange);
            json(exchange.getMessage(), content.get());
        };
    }

    /** Answers with the body, as {@link #json(Message, Object)}. */
    public static void json(Exchange exchange) {
        json(exchange.getMessage(), exchange.getMessage().getBody());
    }

    /** Answers with what is given, as JSON. */
    public static void json(Message message, Object content) {
        try {
            message.setBody(JSON.writeValueAsBytes(content));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        begin(message);
    }

    /** Puts the headers of an answer in JSON in the place of the request's, which are not the answer's. */
    public static void begin(Message message) {
        message.removeHeaders("*");
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
    }

    public static void requireNoParameters(Exchange exchange) {
        if (!exchange.getMessage()
                .getHeader(Exchange.HTTP_QUERY, "", String.class)
                .isEmpty()) {
            throw new BadRequest("there are no parameters");
        }
    }
}
