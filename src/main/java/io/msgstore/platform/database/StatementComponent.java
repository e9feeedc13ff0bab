/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import org.apache.camel.Endpoint;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.spi.annotations.Component;

/**
 * Camel's {@code sql:}, which counts the named parameters of a statement in its text, and does not ask the database for their number. So
 * one route works with any statement, whichever parameters it uses. Routes and SQL files are changed and copied one without the other,
 * and a wrong {@code parametersCount} would hold every message. A {@link Deferred} is made a text.
 */
@Component("sql")
public class StatementComponent extends SqlComponent {
    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        Endpoint endpoint = super.createEndpoint(uri, remaining, parameters);
        if (endpoint instanceof SqlEndpoint statement && statement.getPrepareStatementStrategy() == null) {
            statement.setPrepareStatementStrategy(new AsManyAsItHas());
            String text = RouteStatements.text(getCamelContext(), statement);
            if (statement.getParametersCount() == 0 && text != null && text.contains(":?")) {
                statement.setParametersCount(1);
            }
        }
        return endpoint;
    }

    private static final class AsManyAsItHas extends DefaultSqlPrepareStatementStrategy {
        @Override
        public void populateStatement(PreparedStatement statement, Iterator<?> iterator, int expected)
                throws SQLException {
            List<Object> values = new ArrayList<>();
            iterator.forEachRemaining(value -> values.add(value instanceof Deferred text ? text.toString() : value));
            super.populateStatement(statement, values.iterator(), values.size());
        }
    }
}
