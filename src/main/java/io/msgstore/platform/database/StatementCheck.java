/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.msgstore.platform.contract.Parameters;
import io.msgstore.platform.database.Inserts.Insert;
import io.msgstore.platform.database.Preflight.Finding;
import io.msgstore.platform.database.RouteStatements.RouteStatement;

/**
 * Asks for statements whether the database would take them, in a transaction that is rolled back.
 *
 * <p>{@code EXPLAIN} plans a statement and begins to execute it. So it meets tables and columns that are missing or of another
 * type, keys that {@code ON CONFLICT} needs, and rights, and it reads and writes nothing. What EXPLAIN can't find is looked up in the catalog: a column that must have a value and gets none, and a sequence that the role may not use.
 */
final class StatementCheck {
    private static final Pattern PARAMETER = Pattern.compile(":[?#](?:in:)?(\\w+|\\$\\{[^}]*}|\\$simple\\{[^}]*})");
    private static final Pattern EXPLAINABLE = Pattern.compile(
            "\\s*(?:select|insert|update|delete|with|merge|values|table)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern SEVERAL = Pattern.compile(";\\s*\\S");

    private static final String NO_KEY = "42P10";
    private static final String NO_RIGHT = "42501";
    private static final Set<String> UNTYPED = Set.of("42P18", "42P08");
    /** No table, column, function. */
    private static final Set<String> ABSENT = Set.of("42P01", "42703", "42883");
    /** 42: names, rights, types; 3F: schemas; 0A: what a kind of table can't. */
    private static final Set<String> FAULTS = Set.of("42", "3F", "0A");

    private static final String WRONG_STATE = "55000";
    /** Without it bad messages are found all the same. */
    private static final String ISOLATION = "msgstore_isolate";

    // of columns that an insert leaves out: those that must have a value, unless a trigger may give it one; sequences
    // for defaults
    private static final String LEFT_OUT = """
            with target as (select cast(to_regclass(?) as oid) as id, cast(? as text[]) as filled)
            select 'column' as kind, a.attname as name
            from target t
            join pg_attribute a on a.attrelid = t.id
            join pg_type y on y.oid = a.atttypid
            where a.attnum > 0 and not a.attisdropped and a.attname <> all (t.filled)
              and a.attnotnull and not a.atthasdef and a.attidentity = '' and y.typdefault is null
              and not exists (
                  select from pg_trigger g where g.tgrelid = t.id and not g.tgisinternal and g.tgtype & 7 = 7)
            union all
            select 'sequence', cast(cast(s.oid as regclass) as text)
            from target t
            join pg_attrdef d on d.adrelid = t.id
            join pg_attribute a on a.attrelid = t.id and a.attnum = d.adnum
            join pg_depend p on p.classid = cast('pg_attrdef' as regclass) and p.objid = d.oid
                and p.refclassid = cast('pg_class' as regclass)
            join pg_class s on s.oid = p.refobjid
            where a.attname <> all (t.filled)
              and case s.relkind when 'S' then not has_sequence_privilege(s.oid, 'USAGE, UPDATE') else false end
            order by 1, 2""";

    private final Connection connection;
    private final boolean migrationsDue;
    private final Set<Finding> findings = new LinkedHashSet<>();
    private String role;
    private String path;

    /** @param connection without auto-commit */
    StatementCheck(Connection connection, boolean migrationsDue) {
        this.connection = connection;
        this.migrationsDue = migrationsDue;
    }

    /** @throws SQLException when the database can't be asked */
    List<Finding> all(Collection<RouteStatement> statements) throws SQLException {
        begin();
        try (Statement question = connection.createStatement();
                ResultSet answer =
                        question.executeQuery("select current_user, array_to_string(current_schemas(false), ', ')")) {
            answer.next();
            role = answer.getString(1);
            path = answer.getString(2);
        }
        for (RouteStatement statement : statements) {
            if (statement.text() == null) {
                findings.add(new Finding(statement.place() + " can't be read", statement.needed()));
            } else if (EXPLAINABLE.matcher(statement.text()).matches()
                    && !SEVERAL.matcher(statement.text()).find()) {
                ask(statement);
            }
        }
        return List.copyOf(findings);
    }

    private void ask(RouteStatement statement) throws SQLException {
        SQLException refusal = refusal(statement.text());
        String state = String.valueOf(SqlFailure.sqlState(refusal));
        boolean mayBeMigrated = migrationsDue && ABSENT.contains(state);
        if (NO_KEY.equals(state) || mayBeMigrated) {
            int before = findings.size();
            for (Insert insert : Inserts.of(statement.text())) {
                askForKey(statement, insert);
            }
            if (mayBeMigrated || findings.size() > before) {
                return;
            }
        }
        if (refusal != null) {
            // works without: failure/isolate.camel.yaml
            boolean dispensable =
                    ABSENT.contains(state) && SqlFailure.message(refusal).contains(ISOLATION);
            findings.add(new Finding(
                    statement.place() + ": " + SqlFailure.words(refusal) + advice(state),
                    statement.needed() && !dispensable));
            return;
        }
        for (Insert insert : Inserts.of(statement.text())) {
            if (insert.columns() != null) {
                askForColumns(statement, insert);
            }
        }
    }

    private String advice(String state) {
        if (NO_RIGHT.equals(state)) {
            return "; grant the role " + role + " what the statement does there";
        }
        return ABSENT.contains(state)
                ? "; looked for in the schemas " + path + ", and no migration is due that would bring it"
                : "";
    }

    /** What the database has against a statement; null when nothing. */
    private SQLException refusal(String statement) throws SQLException {
        SQLException untyped = explain(statement, Types.NULL);
        if (untyped == null) {
            return null;
        }
        // routes send some parameters as text, which may be what makes the difference
        SQLException typed = explain(statement, Types.VARCHAR);
        return typed == null || UNTYPED.contains(String.valueOf(untyped.getSQLState())) ? typed : untyped;
    }

    private SQLException explain(String statement, int type) throws SQLException {
        List<String> names = new ArrayList<>();
        Matcher parameter = PARAMETER.matcher(statement);
        StringBuilder text = new StringBuilder("explain ");
        while (parameter.find()) {
            names.add(parameter.group(1));
            parameter.appendReplacement(text, "?");
        }
        parameter.appendTail(text);
        if (text.chars().filter(c -> c == '?').count() != names.size()) {
            // parameters without a name, or an operator
            return null;
        }
        try (PreparedStatement explain = connection.prepareStatement(text.toString())) {
            for (int i = 0; i < names.size(); i++) {
                if (names.get(i).equals(Parameters.BATCH)) {
                    explain.setString(i + 1, "[]");
                } else {
                    explain.setNull(i + 1, type);
                }
            }
            explain.execute();
            return null;
        } catch (SQLException e) {
            goOn(e);
            String state = String.valueOf(e.getSQLState());
            return WRONG_STATE.equals(state) || FAULTS.contains(state.substring(0, 2)) ? e : null;
        }
    }

    // what is refused ends the transaction
    private void goOn(SQLException refusal) throws SQLException {
        SqlFailure kind = SqlFailure.of(refusal);
        if (kind == SqlFailure.OUTAGE || kind == SqlFailure.TIMEOUT) {
            throw refusal;
        }
        begin();
    }

    private void begin() throws SQLException {
        connection.rollback();
        try (Statement limit = connection.createStatement()) {
            // a check that waits for ALTER TABLE would hold up every session behind it
            limit.execute("set local lock_timeout = '500ms'; set local statement_timeout = '10s'");
        }
    }

    private void askForKey(RouteStatement statement, Insert insert) throws SQLException {
        if (insert.key() == null) {
            return;
        }
        SQLException refusal = explain(
                "insert into " + insert.table() + " default values on conflict (" + insert.key() + ") do nothing",
                Types.NULL);
        if (refusal != null && NO_KEY.equals(refusal.getSQLState())) {
            findings.add(new Finding(
                    statement.place() + ": " + insert.table() + " has no unique key over (" + insert.key()
                            + "); create unique index on " + insert.table() + " (" + insert.key() + ")",
                    statement.needed()));
        }
    }

    private void askForColumns(RouteStatement statement, Insert insert) throws SQLException {
        try (PreparedStatement question = connection.prepareStatement(LEFT_OUT)) {
            question.setString(1, insert.table());
            question.setArray(
                    2, connection.createArrayOf("text", insert.columns().toArray()));
            question.execute();
            try (ResultSet answer = question.getResultSet()) {
                while (answer.next()) {
                    String name = answer.getString(2);
                    findings.add(new Finding(
                            statement.place() + ": "
                                    + (answer.getString(1).equals("column")
                                            ? "column " + name + " of " + insert.table()
                                                    + " must have a value, and gets none; give it a default, or fill it"
                                            : "permission denied for sequence " + name + "; grant usage on sequence "
                                                    + name + " to " + role),
                            statement.needed()));
                }
            }
        } catch (SQLException e) {
            // a name that is written in another way
            goOn(e);
        }
    }
}
