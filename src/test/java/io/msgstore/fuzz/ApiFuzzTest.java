/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.failure.DeadLetterQuery;
import io.msgstore.platform.api.BadRequest;

import static org.assertj.core.api.Assertions.assertThat;

/** Any query string is read, or refused with words for the one who sent it: 20,000 cases, 5 s on two busy cores. */
class ApiFuzzTest {
    @Test
    void everyQueryIsReadOrRefused() {
        DefaultCamelContext context = new DefaultCamelContext();
        Fuzz.run("queries", 20_000, Queries::next, one -> {
            DeadLetterQuery reader = new DeadLetterQuery();
            for (Consumer<Exchange> query : List.<Consumer<Exchange>>of(reader::list, reader::replay, reader::one)) {
                Exchange exchange = new DefaultExchange(context);
                exchange.getMessage().setHeader(Exchange.HTTP_QUERY, one.input());
                exchange.getMessage().setHeader("id", one.input());
                try {
                    query.accept(exchange);
                    assertThat(exchange.getMessage().getBody(Map.class))
                            .containsOnlyKeys(
                                    "id", "reason", "topic", "event", "open", "from", "to", "q", "newest", "limit",
                                    "after");
                } catch (BadRequest e) {
                    assertThat(e.getMessage()).isNotBlank();
                }
            }
        });
    }
}
