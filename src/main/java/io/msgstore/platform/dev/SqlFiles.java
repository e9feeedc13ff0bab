/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import io.msgstore.platform.database.SqlFailure;

/** Asks the database whether it can prepare the statement of a file. It is not run. */
final class SqlFiles {
    private static final Pattern PARAMETER = Pattern.compile(":#(?:in:)?(?:\\w+|\\$\\{[^}]*})");
    private static final String SYNTAX_OR_ACCESS = "42";
    /** A parameter whose type the database can't tell until it is bound; Camel binds it. */
    private static final String UNTYPED_PARAMETER = "42P18";

    private static final String NO_SUCH_TABLE = "42P01";

    private final DataSource database;

    SqlFiles(DataSource database) {
        this.database = database;
    }

    /**
     * @throws Fault.Refused when the database can't prepare it
     * @throws SQLException when the database can't be asked
     */
    void check(Path file) throws Fault.Refused, SQLException {
        String statement = statement(file);
        try (Connection connection = database.getConnection();
                PreparedStatement prepared = connection.prepareStatement(statement)) {
            // the driver asks the server only when it has to
            prepared.getParameterMetaData();
        } catch (SQLException e) {
            String state = String.valueOf(SqlFailure.sqlState(e));
            if (state.equals(UNTYPED_PARAMETER)) {
                return;
            }
            if (!state.startsWith(SYNTAX_OR_ACCESS)) {
                throw e;
            }
            String hint = state.equals(NO_SUCH_TABLE) ? " (migrations run at the start)" : "";
            throw new Fault.Refused(new Fault(file.toString(), line(statement, e), text(e) + hint), e);
        }
    }

    // as Camel sends it, but with a line for each line of the file
    private static String statement(Path file) throws Fault.Refused {
        try (Stream<String> lines = Files.lines(file)) {
            String text =
                    lines.map(line -> line.strip().startsWith("--") ? "" : line).collect(Collectors.joining("\n"));
            return PARAMETER.matcher(text).replaceAll("?");
        } catch (IOException | UncheckedIOException e) {
            throw new Fault.Refused(new Fault(file.toString(), 0, "can't be read: " + e.getMessage()), e);
        }
    }

    private static String text(SQLException error) {
        ServerErrorMessage server = server(error);
        return server == null ? SqlFailure.message(error) : server.getMessage();
    }

    private static ServerErrorMessage server(SQLException error) {
        return error instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
    }

    private static int line(String statement, SQLException error) {
        ServerErrorMessage server = server(error);
        if (server == null || server.getPosition() == 0) {
            return 0;
        }
        // the position is that in what the driver makes of it: $1, $2 for each "?"
        StringBuilder sent = new StringBuilder();
        Matcher parameter = Pattern.compile("\\?").matcher(statement);
        for (int number = 1; parameter.find(); number++) {
            parameter.appendReplacement(sent, "\\$" + number);
        }
        parameter.appendTail(sent);
        int end = Math.min(sent.length(), server.getPosition() - 1);
        return 1 + (int) sent.substring(0, end).chars().filter(c -> c == '\n').count();
    }
}
