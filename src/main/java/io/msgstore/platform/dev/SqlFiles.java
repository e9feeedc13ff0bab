/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

import org.postgresql.util.ServerErrorMessage;

import io.msgstore.platform.database.SqlFailure;

/** Asks the database whether it can prepare the statement of a file. It is not run. */
record SqlFiles(DataSource database) {
    private static final Pattern PARAMETER = Pattern.compile(":#(?:in:)?(?:\\w+|\\$\\{[^}]*})");
    private static final Pattern PLACE = Pattern.compile("\\?");
    private static final String SYNTAX_OR_ACCESS = "42";
    /** A parameter whose type the database can't tell until it is bound; Camel binds it. */
    private static final String UNTYPED_PARAMETER = "42P18";

    private static final String NO_SUCH_TABLE = "42P01";

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
            throw new Fault.Refused(new Fault(file.toString(), line(statement, e), SqlFailure.words(e) + hint), e);
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

    private static int line(String statement, SQLException error) {
        ServerErrorMessage server = SqlFailure.ofServer(error);
        if (server == null || server.getPosition() == 0) {
            return 0;
        }
        // the position is that in what the driver makes of it: $1, $2 for each "?"
        AtomicInteger number = new AtomicInteger();
        String sent = PLACE.matcher(statement).replaceAll(place -> "\\$" + number.incrementAndGet());
        int end = Math.min(sent.length(), server.getPosition() - 1);
        return 1 + (int) sent.substring(0, end).chars().filter(c -> c == '\n').count();
    }
}
