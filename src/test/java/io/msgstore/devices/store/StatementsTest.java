/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.AbstractDataSource;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.failure.DeadLetter;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.contract.Headers;

import static org.assertj.core.api.Assertions.assertThat;

class StatementsTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Accounting accounting = new Accounting(meters);
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final Envelope envelope =
            Envelope.of(new ReceivedMessage("a/b", "{\"event\":\"gps\"}".getBytes(StandardCharsets.UTF_8)), 100);

    @BeforeEach
    void start() throws Exception {
        camel.addComponent("batch", new BatchComponent(accounting));
        SqlComponent sql = new SqlComponent();
        sql.setDataSource(new Refusing());
        camel.addComponent("sql", sql);
        camel.getCamelContextExtension()
                .addInterceptStrategy(new Statements(meters, accounting, patience -> {}, new StatementLocks()));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("batch:x?size=1").to("sql:select 1");
            }
        });
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    @Test
    void aFailedStatementCountsForTheEventsOfItsMessages() {
        send(envelope, "gps");
        assertThat(failed()).containsExactly("gps");
    }

    @Test
    void aFailedStatementOfDeadLettersCountsForTheirBatchWhateverEventTheyHave() {
        send(new DeadLetter(envelope, "k", "bad-data", "x", null, 1, Instant.EPOCH, false), "made up");
        assertThat(failed()).containsExactly("x");
    }

    private void send(Object body, String event) {
        camel.createProducerTemplate().send("batch:x", exchange -> {
            exchange.getMessage().setHeaders(Map.of(Headers.EVENT, event));
            exchange.getMessage().setBody(body);
        });
    }

    private Set<String> failed() {
        return meters.find("msgstore.write.fail").counters().stream()
                .map(counter -> counter.getId().getTag("event"))
                .collect(Collectors.toSet());
    }

    /** A database that refuses everything for its data. */
    private static final class Refusing extends AbstractDataSource {
        @Override
        public Connection getConnection() throws SQLException {
            throw new SQLException("refused", "22007");
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }
    }
}
