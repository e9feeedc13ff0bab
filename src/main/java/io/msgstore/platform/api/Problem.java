/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.Json;
import org.apache.camel.Exchange;
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
    private static final String TYPE = "application/problem+json";

    /** @param status the HTTP status */
    public Problem(int status, String detail) {
        this("about:blank", HttpResponseStatus.valueOf(status).reasonPhrase(), status, detail);
    }

    /** Answers with the error of the request, as a problem. */
    public static void of(Exchange exchange) {
        Problem problem = problem(exchange);
        Answer.json(exchange.getMessage(), problem);
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, problem.status);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, TYPE);
    }

    /** Answers a request that reaches no route. */
    public void answer(HttpServerResponse response) {
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, TYPE).end(Json.encode(this));
    }

    private static Problem problem(Exchange exchange) {
        Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        // Camel makes an exception of an error, and it is not the request's
        Vitals.look(error);
        Refused refused = ObjectHelper.getException(Refused.class, error);
        if (refused != null) {
            return new Problem(refused.status(), refused.getMessage());
        }
        if (SqlFailure.of(error) == SqlFailure.DATA) {
            return new Problem(
                    400, "The database refuses it: " + SqlFailure.message(error).replaceFirst("^ERROR: ", ""));
        }
        if (SqlFailure.of(error) == SqlFailure.TIMEOUT) {
            return new Problem(
                    503, "The database takes too long for this. Narrow the search, by reason, event, topic or time.");
        }
        if (SqlFailure.isDatabaseAway(error)) {
            LOG.warn("HTTP request not answered: {}", error.getMessage());
            return new Problem(
                    503,
                    "The database does not answer, is busy with other searches, or has no tables yet."
                            + " It is safe to ask again.");
        }
        LOG.error("HTTP request failed", error);
        return new Problem(500, "Something went wrong; the log says more.");
    }
}
