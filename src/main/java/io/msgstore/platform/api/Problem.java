/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.vitals.Vitals;

/**
 * The answer to a request that failed, as RFC 9457 has it.
 *
 * @param type always {@code about:blank}: the status says it all
 * @param title the status in words
 * @param status the HTTP status
 * @param detail what is wrong, for people
 */
public record Problem(String type, String title, int status, String detail) {
    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);
    private static final Map<Integer, String> TITLES = Map.of(
            400, "Bad Request",
            404, "Not Found",
            409, "Conflict",
            500, "Internal Server Error",
            503, "Service Unavailable");

    /** Answers with the error of the request, as a problem. */
    public static void of(Exchange exchange) {
        Problem problem = problem(exchange);
        Message message = exchange.getMessage();
        Answer.json(message, problem);
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, problem.status);
        message.setHeader(Exchange.CONTENT_TYPE, "application/problem+json");
    }

    private static Problem problem(Exchange exchange) {
        Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        // Camel makes an exception of an error, and it is not the request's
        Vitals.look(error);
        Refused refused = ObjectHelper.getException(Refused.class, error);
        if (refused != null) {
            return problem(refused.status(), refused.getMessage());
        }
        if (SqlFailure.of(error) == SqlFailure.DATA) {
            return problem(
                    400, "The database refuses it: " + SqlFailure.message(error).replaceFirst("^ERROR: ", ""));
        }
        if (SqlFailure.of(error) == SqlFailure.TIMEOUT) {
            return problem(
                    503, "The database takes too long for this. Narrow the search, by reason, event, topic or time.");
        }
        if (SqlFailure.isDatabaseAway(error)) {
            LOG.warn("HTTP request not answered: {}", error.getMessage());
            return problem(
                    503,
                    "The database does not answer, is busy with other searches, or has no tables yet."
                            + " It is safe to ask again.");
        }
        LOG.error("HTTP request failed", error);
        return problem(500, "Something went wrong; the log says more.");
    }

    private static Problem problem(int status, String detail) {
        return new Problem("about:blank", TITLES.get(status), status, detail);
    }
}
