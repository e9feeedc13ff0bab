/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.api;

import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * The answer to a request that failed, as RFC 9457 has it.
 *
 * @param type always {@code about:blank}: the status says it all
 * @param title the status in words
 * @param status the HTTP status
 * @param detail what is wrong, for people
 */
public record Problem(String type, String title, int status, String detail) {
    private static final Map<Integer, String> TITLES = Map.of(
            400, "Bad Request",
            404, "Not Found",
            409, "Conflict",
            500, "Internal Server Error",
            503, "Service Unavailable");

    /** Makes the variables {@code status} and {@code detail} a problem, which becomes the body. */
    public static void of(Exchange exchange) {
        int status = exchange.getVariable("status", Integer.class);
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        message.setHeader(Exchange.CONTENT_TYPE, "application/problem+json");
        message.setBody(
                new Problem("about:blank", TITLES.get(status), status, exchange.getVariable("detail", String.class)));
    }
}
