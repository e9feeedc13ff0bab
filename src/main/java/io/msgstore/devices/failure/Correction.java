/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.Message;

import io.msgstore.platform.api.BadRequest;
import io.msgstore.platform.api.Refused;

/** The payload of one dead letter: what a request gives for it, and how it is answered. */
public final class Correction {
    private static final String JSON = "application/json";
    private static final String BYTES = "application/octet-stream";

    /**
     * Makes the id in the path and the content of the request the body. The content type says what the content is:
     * {@code application/json}, or {@code text/plain} and {@code application/octet-stream} for a payload as it is.
     */
    public void query(Exchange exchange) {
        Message message = exchange.getMessage();
        if (!message.getHeader(Exchange.HTTP_QUERY, "", String.class).isEmpty()) {
            throw new BadRequest("there are no parameters; the content is the payload");
        }
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("id", DeadLetterQuery.id(exchange));
        String type = contentType(message).split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!type.equals(JSON) && !type.equals("text/plain") && !type.equals(BYTES)) {
            throw new BadRequest(
                    "Content-Type must be " + JSON + ", or text/plain or " + BYTES + " for a payload that is no JSON");
        }
        parameters.put("json", type.equals(JSON));
        byte[] content = message.getBody(byte[].class);
        if (content == null || content.length == 0) {
            throw new BadRequest("the content is the payload, and must not be empty");
        }
        parameters.put("content", content);
        DeadLetterQuery.become(exchange, parameters);
    }

    // HTTP/2 and some proxies write it in small letters, and headers of a message are compared as they are
    private static String contentType(Message message) {
        return message.getHeaders().entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(Exchange.CONTENT_TYPE))
                .map(header -> String.valueOf(header.getValue()))
                .findFirst()
                .orElse("");
    }

    /** Checks the variable {@code outcome}, which the SQL made. A dead letter that does not exist is found missing by the next step. */
    public void outcome(Exchange exchange) {
        if ("replayed".equals(exchange.getVariable("outcome", String.class))) {
            throw new Refused(409, "This dead letter was replayed: what it holds is stored.");
        }
    }

    /** Answers with the payload in the row in the body, which the browser is not to take for anything else. */
    public void answer(Exchange exchange) {
        DeadLetterQuery.found(exchange);
        Message message = exchange.getMessage();
        Map<?, ?> row = message.getBody(Map.class);
        message.removeHeaders("*");
        message.setHeader(Exchange.CONTENT_TYPE, Boolean.TRUE.equals(row.get("json")) ? JSON : BYTES);
        message.setHeader("X-Content-Type-Options", "nosniff");
        message.setBody(row.get("content"));
    }
}
