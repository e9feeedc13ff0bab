/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.envelope.JsonBody;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.database.SqlFailure;

/**
 * Measures every statement that a route from {@code batch:} sends its batch to: how long it took, how it failed, and whether
 * it was tried again. No statement runs while a batch of its name is isolated ({@link StatementLocks}). An outage is logged when it
 * begins, every half minute while it lasts, and when it is over.
 */
public final class Statements implements InterceptStrategy {
    /** Property of an exchange: the address of the statement that its batch was sent to last, {@code sql:…}. */
    public static final String STATEMENT = "msgstore.statement";
    /** Property of an exchange: database attempts made for a message that is on its way to the dead letters. */
    public static final String ATTEMPTS = "msgstore.attempts";

    private static final Logger LOG = LoggerFactory.getLogger(Statements.class);
    private static final long REMINDER_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final MeterRegistry meters;
    private final Accounting accounting;
    private final Consumer<Boolean> patience;
    private final StatementLocks locks;
    private final DistributionSummary latency;
    private final Map<String, Outage> outages = new ConcurrentHashMap<>();

    /** @param patience told, on the thread of a statement, whether it may take longer than {@code msgstore.db-timeout-ms} */
    public Statements(MeterRegistry meters, Accounting accounting, Consumer<Boolean> patience, StatementLocks locks) {
        this.locks = locks;
        this.meters = meters;
        this.accounting = accounting;
        this.patience = patience;
        latency = DistributionSummary.builder("msgstore.db.write.latency.ms")
                .description("Milliseconds per statement, failed ones included")
                .publishPercentileHistogram()
                .minimumExpectedValue(0.1)
                .maximumExpectedValue(60_000.0)
                .register(meters);
    }

    /** What the database said last to batches that it does not take; null while it takes them, or when none was tried lately. */
    public String lastError() {
        return outages.values().stream()
                .filter(Outage::isRecent)
                .map(outage -> outage.batch + ": " + outage.error)
                .sorted()
                .collect(Collectors.collectingAndThen(Collectors.joining("; "), text -> text.isEmpty() ? null : text));
    }

    /** Time that statements have taken since the start, all workers together, milliseconds. */
    public double totalMillis() {
        return latency.totalAmount();
    }

    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode definition, Processor target, Processor nextTarget) {
        return definition instanceof ToDefinition to && to.getEndpointUri().startsWith("sql:") && writesBatches(to)
                ? new DelegateAsyncProcessor((Processor) exchange -> measure(exchange, target, to.getEndpointUri()))
                : target;
    }

    // not every statement that sees a batch writes it: a notification doesn't
    private static boolean writesBatches(ToDefinition statement) {
        RouteDefinition route = ProcessorDefinitionHelper.getRoute(statement);
        return route != null && route.getInput().getEndpointUri().startsWith("batch:");
    }

    private void measure(Exchange exchange, Processor statement, String address) throws Exception {
        if (!(exchange.getMessage().getBody() instanceof Batch batch)) {
            statement.process(exchange);
            return;
        }
        exchange.setProperty(STATEMENT, address);
        boolean again = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class) > 0;
        if (again) {
            accounting.retry();
        }
        // a message that is too large for the time limit would be tried for ever, and hold up all that came after it
        patience.accept(again
                && batch.getSize() == 1
                && SqlFailure.of(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class))
                        == SqlFailure.TIMEOUT);
        try (StatementLocks.Held held = locks.shared(batch)) {
            long startNanos = System.nanoTime();
            try {
                statement.process(exchange);
            } catch (Exception e) {
                exchange.setException(e);
            }
            latency.record((System.nanoTime() - startNanos) / 1e6);
        } finally {
            patience.accept(false);
        }
        if (exchange.getException() == null) {
            accounting.batch(batch.getSize());
            worked(batch);
        } else {
            // Camel's own counter is gone when the message is set aside
            exchange.setProperty(ATTEMPTS, 1 + exchange.getProperty(ATTEMPTS, 0, Integer.class));
            failed(batch, exchange.getException(), again);
        }
    }

    private void failed(Batch batch, Exception error, boolean again) {
        SqlFailure kind = SqlFailure.of(error);
        batch.entries().stream()
                .map(entry -> entry.body() instanceof JsonBody body && body.mayHaveAnyEvent()
                        ? batch.getName()
                        : String.valueOf(entry.event()))
                .distinct()
                .forEach(event -> countFailure(event, kind));
        if (kind == SqlFailure.REFUSED && !again) {
            // whether the database takes anything is found out next; where the route tries again instead, it waits
            LOG.debug("Batch {} of {} refused: {}", batch.getName(), batch.getSize(), SqlFailure.message(error));
        } else if (kind == SqlFailure.DATA) {
            // PostgreSQL's text may quote the message, so it belongs into the dead letter and not into the log
            LOG.debug(
                    "Batch {} of {} refused: SQLSTATE {}",
                    batch.getName(),
                    batch.getSize(),
                    SqlFailure.sqlState(error));
            // it answers
            worked(batch);
        } else {
            refused(batch, error);
        }
    }

    /** The database does not take batches of this name, for no fault of theirs. */
    public void refused(Batch batch, Exception error) {
        outages.computeIfAbsent(batch.getName(), Outage::new).goesOn(SqlFailure.message(error));
    }

    private void countFailure(String event, SqlFailure kind) {
        Counter.builder("msgstore.write.fail")
                .description("Failed statements")
                .tag("event", event)
                .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment();
    }

    /** The database takes batches of this name. */
    public void worked(Batch batch) {
        if (!outages.isEmpty()) {
            Outage outage = outages.remove(batch.getName());
            if (outage != null) {
                outage.over();
            }
        }
    }

    /** One batch name's statements failing, from the first failure to the next success. */
    private static final class Outage {
        private final String batch;
        private final long sinceNanos = System.nanoTime();
        private volatile long lastNanos;
        private volatile String error;
        private long remindedNanos;

        Outage(String batch) {
            this.batch = batch;
        }

        synchronized void goesOn(String text) {
            lastNanos = System.nanoTime();
            if (error == null) {
                remindedNanos = lastNanos;
                LOG.warn("Database does not take batches of {}: {}", batch, text);
            } else if (lastNanos - remindedNanos > REMINDER_NANOS) {
                remindedNanos = lastNanos;
                LOG.warn("Database has not taken batches of {} for {} s: {}", batch, seconds(), text);
            }
            error = text;
        }

        void over() {
            LOG.info("Database takes batches of {} again, after {} s", batch, seconds());
        }

        private long seconds() {
            return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - sinceNanos);
        }

        boolean isRecent() {
            return System.nanoTime() - lastNanos < RECENT_NANOS;
        }
    }
}
