/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.regex.Pattern;

/**
 * A connection whose session others use between two transactions of ours. What is set there is set for one transaction: each
 * prepared statement is sent together with one before it that limits its time. The driver sends both at once, and without a
 * transaction of the caller's they are one, so the limit costs no way to the server and back. What Flyway sets for a session, the
 * path and the role that it has anyway, is left out.
 */
record SharedSession(Connection connection, String limit) implements InvocationHandler {
    // of Flyway's connection to PostgreSQL
    private static final Pattern PATH =
            Pattern.compile("set_config\\('search_path', \\?, false\\)", Pattern.CASE_INSENSITIVE);
    private static final Pattern ROLE = Pattern.compile("set role .*", Pattern.CASE_INSENSITIVE);

    /** @param timeoutMillis how long a prepared statement may take, or {@link Sessions#NO_LIMIT} */
    static Connection of(Connection connection, int timeoutMillis) {
        String limit = timeoutMillis == Sessions.NO_LIMIT
                ? ""
                : "select set_config('statement_timeout', '" + timeoutMillis + "', true); ";
        return proxy(Connection.class, new SharedSession(connection, limit));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (!method.getName().equals("prepareStatement")) {
            return call(connection, method, arguments);
        }
        Object[] limited = arguments.clone();
        limited[0] = limit + forTheTransaction((String) arguments[0]);
        PreparedStatement statement = (PreparedStatement) call(connection, method, limited);
        if (limit.isEmpty()) {
            return statement;
        }
        return proxy(PreparedStatement.class, (self, called, with) -> execution(statement, called, with));
    }

    private static String forTheTransaction(String sql) {
        return ROLE.matcher(sql).matches()
                ? "select 1"
                : PATH.matcher(sql).replaceFirst("set_config('search_path', ?, true)");
    }

    // what the statement answers comes after the answer of the one that limits it
    private static Object execution(PreparedStatement statement, Method method, Object[] arguments) throws Throwable {
        boolean prepared = arguments == null || arguments.length == 0;
        return switch (prepared ? method.getName() : "") {
            case "execute" -> second(statement);
            case "executeQuery" -> {
                second(statement);
                yield statement.getResultSet();
            }
            case "executeUpdate" -> {
                second(statement);
                yield statement.getUpdateCount();
            }
            case "executeBatch", "executeLargeBatch", "executeLargeUpdate" ->
                throw new SQLFeatureNotSupportedException("not on a session that is shared: " + method.getName());
            default -> call(statement, method, arguments);
        };
    }

    private static boolean second(PreparedStatement statement) throws SQLException {
        statement.execute();
        return statement.getMoreResults();
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(SharedSession.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
