/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.database.RouteStatements.RouteStatement;

/**
 * Asks the database whether it would take the statements of the routes, before the first message does.
 *
 * <p>What is missing can be put there while msgstore runs, so the start says it and goes on; messages wait meanwhile, as in any
 * outage. It is asked again until nothing is missing that messages wait for.
 */
public final class Preflight {
    private static final Logger LOG = LoggerFactory.getLogger(Preflight.class);

    private final Database database;
    private final RouteStatements statements;
    private final Set<String> unused = new HashSet<>();
    private volatile List<Finding> findings = List.of();
    private volatile boolean started;
    private boolean asked;

    /**
     * What the database lacks.
     *
     * @param text what and for which statement, in the database's words, and what to do
     * @param needed whether messages wait for it
     */
    public record Finding(String text, boolean needed) {}

    /**
     * @param context with the routes loaded when it is asked
     * @param directory where paths of files begin, absolute
     */
    public Preflight(Database database, CamelContext context, Path directory) {
        this.database = database;
        statements = new RouteStatements(context, database, directory, unused);
    }

    /** @param input of routes that get no messages with these settings, such as {@code batch:canary} */
    public void leaveOut(String input) {
        unused.add(input);
    }

    /**
     * Asks for the first time, for the statements that messages need, which keeps the start short, and says in the log what is
     * missing. A database that is away is asked later.
     */
    public void start() {
        started = true;
        look();
    }

    /** Asks again where something is missing, or the database could not be asked the last time. */
    public void again() {
        if (started) {
            look();
        }
    }

    private synchronized void look() {
        if (asked && problem() == null) {
            return;
        }
        List<Finding> before = findings;
        List<Finding> now;
        try {
            now = ask(false, RouteStatement::needed);
            asked = true;
        } catch (SQLException e) {
            LOG.debug("Can't ask whether the database takes the statements", e);
            return;
        }
        now.stream()
                .filter(finding -> !before.contains(finding))
                .forEach(finding -> LOG.warn("Database: {}", Secrets.mask(finding.text)));
        before.stream()
                .filter(finding -> !now.contains(finding))
                .forEach(finding -> LOG.info("Database, no longer: {}", Secrets.mask(finding.text)));
        findings = now;
    }

    /** What messages wait for; null while there is nothing. */
    public String problem() {
        String problems =
                findings.stream().filter(Finding::needed).map(Finding::text).collect(Collectors.joining("; "));
        return problems.isEmpty() ? null : problems;
    }

    /**
     * Asks now, for all statements.
     *
     * @param migrationsDue whether the start will run migrations, with which may come what is absent
     * @throws SQLException when the database can't be asked
     */
    public List<Finding> ask(boolean migrationsDue) throws SQLException {
        return ask(migrationsDue, statement -> true);
    }

    private List<Finding> ask(boolean migrationsDue, Predicate<RouteStatement> wanted) throws SQLException {
        // a session of its own: a pool gives up those that are refused something
        try (Connection connection = database.migrating().getConnection()) {
            connection.setAutoCommit(false);
            List<Finding> found = new StatementCheck(connection, migrationsDue)
                    .all(statements.all().stream().filter(wanted).toList());
            // a pooler would have to throw the session away, and until it does it has locks
            connection.rollback();
            return found;
        }
    }
}
