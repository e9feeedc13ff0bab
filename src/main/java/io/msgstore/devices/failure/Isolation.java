/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.camel.Exchange;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.support.ResourceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.envelope.EnvelopeReader;
import io.msgstore.devices.store.Batch;
import io.msgstore.devices.store.Statements;
import io.msgstore.devices.store.Stored;
import io.msgstore.platform.contract.Parameters;
import io.msgstore.platform.database.SqlFailure;

/**
 * Finds the messages of a batch that its statement is refused for, and stores the others, in one call: the function
 * {@code msgstore_isolate} of the database runs the statement with parts of the batch. A SQLSTATE decides only where there is no
 * evidence. When other messages of the batch are stored, a refused message is at fault. When none is, a message that was stored
 * earlier (the witness) is run as well: if it passes, the refused messages are at fault, otherwise the database is.
 */
public final class Isolation {
    private static final Logger LOG = LoggerFactory.getLogger(Isolation.class);
    private static final Pattern PARAMETER = Pattern.compile(":#(\\w+)");
    private static final Pattern OTHER_PARAMETER = Pattern.compile(":#\\W|:\\?");
    private static final String UNDEFINED_FUNCTION = "42883";
    // property: the error that the batch was refused with
    private static final String REFUSAL = "msgstore.refusal";
    private static final String FUNCTION = "msgstore_isolate";

    private final Stored stored;
    private final Statements statements;
    private final AtomicBoolean said = new AtomicBoolean();

    /**
     * A message that can't be stored.
     *
     * @param batch holds it alone
     * @param state SQLSTATE
     * @param error what the database says
     */
    public record Refused(Batch batch, String state, String error) {}

    public Isolation(Stored stored, Statements statements) {
        this.stored = stored;
        this.statements = statements;
    }

    /** True when halving has to find the message: the call can't be made, or took too long for several messages. */
    public boolean isByHalves(Exchange exchange) {
        return isFunctionMissing(exchange)
                || SqlFailure.of(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class)) == SqlFailure.TIMEOUT
                        && exchange.getMessage().getBody(Batch.class).getSize() > 1;
    }

    /**
     * True when the call itself can't be made: a message spoils it, as a character does that the database's encoding lacks, or the
     * statement can't be given to the function. Also true when the function is missing and the batch was refused for its data. A batch
     * that was refused for another reason waits: a missing right or search path may be why the function is not found.
     */
    private boolean isFunctionMissing(Exchange exchange) {
        Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (SqlFailure.isSql(error)
                ? SqlFailure.of(error) == SqlFailure.DATA
                : !(error instanceof RejectedExecutionException)) {
            return true;
        }
        boolean lacks = UNDEFINED_FUNCTION.equals(SqlFailure.sqlState(error))
                && SqlFailure.message(error).contains(FUNCTION)
                && SqlFailure.of(exchange.getProperty(REFUSAL, Exception.class)) == SqlFailure.DATA;
        if (lacks && said.compareAndSet(false, true)) {
            LOG.warn(
                    "The database has no function {}, so bad messages are found by halving batches, which takes longer:"
                            + " run the migrations (msgstore.db.migrate=true)",
                    FUNCTION);
        }
        return lacks;
    }

    /** Sets the variables that {@code isolate.sql} asks for. */
    public void begin(Exchange exchange) throws IOException {
        if (exchange.getProperty(REFUSAL) == null) {
            exchange.setProperty(REFUSAL, exchange.getProperty(Exchange.EXCEPTION_CAUGHT));
        }
        Batch batch = exchange.getMessage().getBody(Batch.class);
        List<String> parameters = new ArrayList<>();
        String text = statement(exchange);
        if (OTHER_PARAMETER.matcher(text).find()) {
            throw new IllegalStateException("only parameters of the form :#name can be isolated: " + address(exchange));
        }
        List<String> names = PARAMETER
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .filter(List.of(Parameters.BATCH, Parameters.PAYLOADS)::contains)
                .distinct()
                .toList();
        if (names.size() > 1) {
            throw new IllegalStateException(
                    "a batch has one form where it is isolated, not both: " + address(exchange));
        }
        boolean whole = !names.contains(Parameters.PAYLOADS);
        Matcher matcher = PARAMETER.matcher(text);
        StringBuilder statement = new StringBuilder();
        while (matcher.find()) {
            if (names.contains(matcher.group(1))) {
                matcher.appendReplacement(statement, "\\$1");
            } else {
                Object value = SqlHelper.lookupParameter(matcher.group(1), exchange, batch);
                parameters.add(value == null ? "NULL" : quoted(value.toString()));
                matcher.appendReplacement(statement, "(\\$2)[" + parameters.size() + "]");
            }
        }
        matcher.appendTail(statement);
        exchange.setVariable("statement", statement.toString());
        exchange.setVariable("elements", whole ? batch.elements() : batch.payloadElements());
        exchange.setVariable("parameters", "{" + String.join(",", parameters) + "}");
        byte[] witness = stored.witness(batch.getName());
        exchange.setVariable("witness", whole ? new String(witness, StandardCharsets.UTF_8) : payload(witness));
    }

    private static String payload(byte[] message) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (message.length > 0) {
            EnvelopeReader.writePayload(message, out);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static String address(Exchange exchange) {
        String uri = exchange.getContext()
                .resolvePropertyPlaceholders(exchange.getProperty(Statements.STATEMENT, String.class));
        return uri.replaceFirst("^sql:(?://)?", "").replaceFirst("\\?.*$", "");
    }

    private static String statement(Exchange exchange) throws IOException {
        String address = address(exchange);
        if (!ResourceHelper.hasScheme(address)) {
            return address;
        }
        try (InputStream in = ResourceHelper.resolveMandatoryResourceAsInputStream(exchange.getContext(), address)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * Accounts for the messages that went through, and puts those that did not into the variable {@code refused}, a
     * {@link Refused} each.
     *
     * @throws SQLException what the database said first, where it takes nothing at all
     */
    public void end(Exchange exchange) throws SQLException {
        Batch batch = exchange.getMessage().getBody(Batch.class);
        Map<String, Long> storedByEvent = new HashMap<>();
        Map<?, ?> earlier = exchange.getProperty(Stored.BY_EVENT, Map.of(), Map.class);
        earlier.forEach((event, count) -> storedByEvent.put((String) event, (Long) count));
        List<Integer> places = new ArrayList<>();
        List<Map<?, ?>> failures = new ArrayList<>();
        boolean passed = false;
        for (Object row : exchange.getMessage().getHeader("rows", List.class)) {
            Map<?, ?> columns = (Map<?, ?>) row;
            int place = ((Number) columns.get("lowest")).intValue();
            if (columns.get("state") == null) {
                passed = true;
                if (place > 0) {
                    storedByEvent.merge(
                            String.valueOf(columns.get("event")),
                            ((Number) columns.get("stored")).longValue(),
                            Long::sum);
                }
            } else if (place > 0) {
                places.add(place - 1);
                failures.add(columns);
            }
        }
        if (!passed) {
            requireData(failures);
        }
        List<Refused> refused = new ArrayList<>();
        List<Batch> singles = batch.takeOut(places);
        for (int i = 0; i < singles.size(); i++) {
            Map<?, ?> columns = failures.get(i);
            refused.add(new Refused(singles.get(i), columns.get("state").toString(), "ERROR: " + columns.get("error")));
        }
        stored.account(batch, storedByEvent);
        statements.worked(batch);
        exchange.setVariable("refused", refused);
    }

    // nothing was stored: only if every message was refused for its data are the messages at fault
    private static void requireData(List<Map<?, ?>> failures) throws SQLException {
        for (Map<?, ?> columns : failures) {
            String state = columns.get("state").toString();
            if (SqlFailure.ofState(state) != SqlFailure.DATA) {
                throw new SQLException("ERROR: " + columns.get("error"), state);
            }
        }
    }

    /** A step before each further try of a batch: reports the outage to the statements' watch. */
    public void waits(Exchange exchange) {
        Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        statements.refused(exchange.getMessage().getBody(Batch.class), error);
    }

    /** Leaves the messages of the batch unacknowledged. */
    public void leave(Exchange exchange) {
        exchange.getMessage().getBody(Batch.class).onFailure(exchange);
    }

    /** Turns an exchange of a {@link Refused} into one of its message, as {@link Failures#message}. */
    public void message(Exchange exchange) {
        Refused refused = exchange.getMessage().getBody(Refused.class);
        Failures.alone(
                exchange, refused.batch(), SqlFailure.reasonOfState(refused.state()), refused.error(), refused.state());
    }
}
