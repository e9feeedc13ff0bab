/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.io.IOException;
import java.sql.SQLException;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class ProblemTest {
    static Stream<Arguments> errors() {
        return Stream.of(
                arguments(new BadRequest("limit must be less"), 400, "Bad Request", "limit must be less"),
                arguments(new Refused(404, "There is none."), 404, "Not Found", "There is none."),
                arguments(new Refused(409, "Under way."), 409, "Conflict", "Under way."),
                arguments(
                        new IllegalStateException("in a step", new Refused(404, "There is none.")),
                        404,
                        "Not Found",
                        "There is none."),
                arguments(
                        new SQLException("ERROR: invalid input syntax", "22P02"),
                        400,
                        "Bad Request",
                        "The database refuses it: invalid input syntax"),
                arguments(
                        new SQLException("canceling statement due to statement timeout", "57014"),
                        503,
                        "Service Unavailable",
                        "The database takes too long for this. Narrow the search, by reason, event, topic or time."),
                arguments(
                        new SQLException("Connection to db:5432 refused", "08001"),
                        503,
                        "Service Unavailable",
                        "The database does not answer, is busy with other searches, or has no tables yet."
                                + " It is safe to ask again."),
                arguments(
                        new NullPointerException("a secret"),
                        500,
                        "Internal Server Error",
                        "Something went wrong; the log says more."));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void eachErrorHasItsStatusAndItsWords(Exception error, int status, String title, String detail) throws IOException {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setHeader("Authorization", "Bearer of the request");
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, error);
        Problem.of(exchange);
        assertThat(new ObjectMapper().readValue(exchange.getMessage().getBody(byte[].class), Problem.class))
                .isEqualTo(new Problem("about:blank", title, status, detail));
        assertThat(exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(status);
        assertThat(exchange.getMessage().getHeader(Exchange.CONTENT_TYPE)).isEqualTo("application/problem+json");
        assertThat(exchange.getMessage().getHeaders()).hasSize(2);
    }
}
