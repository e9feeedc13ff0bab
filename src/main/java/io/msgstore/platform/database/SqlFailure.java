/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Set;

import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What kind of failure an exception of the database is. The difference decides everything: an outage is waited for, a bad
 * message is set aside.
 */
public enum SqlFailure {
    /** The data can't be stored, now or later: isolate the message. */
    DATA,
    /**
     * The database refuses, and its code does not say whether because of the data: a right or a policy, a code that a trigger or an
     * extension made up, a missing table. What else goes through tells.
     */
    REFUSED,
    /** The statement took longer than {@code msgstore.db-timeout-ms}: try again, then with less. */
    TIMEOUT,
    /** The connection, its session, resources, locks: time or an operator mends it. */
    OUTAGE;

    // 0A: a value that has no equal in another type, such as NaN as a whole number; 21: two values where one may be;
    // 22: data; 23: constraints; 38, 39: functions of users; 44: check option;
    // 54: too complex, such as JSON nested too deeply; P0: raised by a trigger. Appendix A of PostgreSQL's manual.
    private static final Set<String> DATA_CLASSES = Set.of("0A", "21", "22", "23", "38", "39", "44", "54", "P0");
    // 08: connection; 25: state of the transaction, such as read-only; 26: a prepared statement that is gone; 28, 3D:
    // who may come in; 40: rolled back; 53: resources; 57: an operator; 58: the system
    private static final Set<String> OUTAGE_CLASSES = Set.of("08", "25", "26", "28", "3D", "40", "53", "57", "58");
    private static final Set<String> OUTAGES = Set.of("55P03", "42P05");
    // 40: another transaction; 42, 3F: what a role may and where it looks
    private static final Set<String> OF_OTHERS = Set.of("40");
    private static final Set<String> OF_THE_ROLE = Set.of("42", "3F");
    private static final int MAX_DEPTH = 20;
    private static final String QUERY_CANCELED = "57014";

    /** @param error any exception; its causes are searched for one of SQL */
    public static SqlFailure of(Throwable error) {
        SQLException sql = sqlException(error);
        if (sql == null) {
            return OUTAGE;
        }
        String state = sql.getSQLState();
        if (sql instanceof SQLTimeoutException || QUERY_CANCELED.equals(state)) {
            return TIMEOUT;
        }
        if (isStalePlan(sql)) {
            return OUTAGE;
        }
        return ofState(state);
    }

    /** @param state a SQLSTATE, or null */
    public static SqlFailure ofState(String state) {
        if (state == null || state.length() != 5 || OUTAGES.contains(state)) {
            return OUTAGE;
        }
        String sqlClass = state.substring(0, 2);
        if (OUTAGE_CLASSES.contains(sqlClass)) {
            return OUTAGE;
        }
        return DATA_CLASSES.contains(sqlClass) ? DATA : REFUSED;
    }

    /** Whether another session might have done what this one failed to do. */
    public static boolean mayBeOfTheSession(SQLException error) {
        String state = error.getSQLState();
        String sqlClass = state == null || state.length() != 5 ? "" : state.substring(0, 2);
        return switch (of(error)) {
            case DATA, TIMEOUT -> false;
            case REFUSED -> OF_THE_ROLE.contains(sqlClass);
            case OUTAGE -> !OF_OTHERS.contains(sqlClass) && !"55P03".equals(state);
        };
    }

    // of class 0A too, after a table was altered: the driver prepares the statement again, but not inside a transaction
    private static boolean isStalePlan(SQLException error) {
        ServerErrorMessage server = ofServer(error);
        return server != null && "RevalidateCachedQuery".equals(server.getRoutine());
    }

    /** Whether the error is the database's at all. */
    public static boolean isSql(Throwable error) {
        return sqlException(error) != null;
    }

    /** Whether the database did not answer, or not as it should: it is worth asking again. */
    public static boolean isDatabaseAway(Throwable error) {
        return isSql(error) && of(error) != DATA;
    }

    /** SQLSTATE of the error, or null. */
    public static String sqlState(Throwable error) {
        SQLException sql = sqlException(error);
        return sql == null ? null : sql.getSQLState();
    }

    /** The database's own message, in one line, without the statement that Spring puts around it. */
    public static String message(Throwable error) {
        SQLException sql = sqlException(error);
        Throwable source = sql != null ? sql : error;
        if (source == null) {
            return null;
        }
        String text = source.getMessage() == null ? source.toString() : source.getMessage();
        return text.replaceAll("\\s+", " ");
    }

    /** What PostgreSQL itself says, without a word of the driver; null where it was not asked. */
    public static ServerErrorMessage ofServer(SQLException error) {
        return error instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
    }

    /** The same in words; where there are none, those of the driver. */
    public static String words(SQLException error) {
        ServerErrorMessage server = ofServer(error);
        return server == null || server.getMessage() == null ? message(error) : server.getMessage();
    }

    /** The dead-letter reason of a message that is refused with this SQLSTATE. */
    public static String reasonOfState(String state) {
        return state.startsWith("23") ? "constraint" : "bad-data";
    }

    /** The dead-letter reason for the error. */
    public static String reason(Throwable error) {
        if (of(error) == DATA) {
            return reasonOfState(sqlState(error));
        }
        return sqlException(error) != null ? "outage" : "internal";
    }

    // the innermost: the pool says "request timed out" around what the driver says about the connection
    private static SQLException sqlException(Throwable error) {
        SQLException found = null;
        Throwable cause = error;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (cause instanceof SQLException sql) {
                found = sql;
            }
            cause = cause.getCause();
        }
        return found;
    }
}
