/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.store;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

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

import io.msgstore.accounting.Accounting;
import io.msgstore.failure.SqlFailure;

/**
 * Measures every statement that a route from {@code batch:} sends its batch to: how long it took, how it failed, and whether
 * it was tried again. An outage is said once when it begins, every half minute while it lasts, and once when it is over.
 */
public final class Statements implements InterceptStrategy {
    private static final Logger LOG = LoggerFactory.getLogger(Statements.class);
    private static final long REMINDER_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final MeterRegistry meters;
    private final Accounting accounting;
    private final DistributionSummary latency;
    private long failingSinceNanos;
    private long remindedNanos;
    private volatile String lastError;

    public Statements(MeterRegistry meters, Accounting accounting) {
        this.meters = meters;
        this.accounting = accounting;
        latency = DistributionSummary.builder("msgstore.db.write.latency.ms")
                .description("Milliseconds per statement, failed ones included")
                .publishPercentileHistogram()
                .minimumExpectedValue(0.1)
                .maximumExpectedValue(60_000.0)
                .register(meters);
    }

    /** What the database said last while writing fails; null while it works. */
    public String lastError() {
        return lastError;
    }

    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode definition, Processor target, Processor nextTarget) {
        return definition instanceof ToDefinition to && to.getEndpointUri().startsWith("sql:") && writesBatches(to)
                ? new DelegateAsyncProcessor((Processor) exchange -> measure(exchange, target))
                : target;
    }

    // not every statement that sees a batch writes it: a notification doesn't
    private static boolean writesBatches(ToDefinition statement) {
        RouteDefinition route = ProcessorDefinitionHelper.getRoute(statement);
        return route != null && route.getInput().getEndpointUri().startsWith("batch:");
    }

    private void measure(Exchange exchange, Processor statement) throws Exception {
        if (!(exchange.getMessage().getBody() instanceof Batch batch)) {
            statement.process(exchange);
            return;
        }
        if (exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class) > 0) {
            accounting.retry();
        }
        long startNanos = System.nanoTime();
        try {
            statement.process(exchange);
        } catch (Exception e) {
            exchange.setException(e);
        }
        latency.record((System.nanoTime() - startNanos) / 1e6);
        if (exchange.getException() == null) {
            accounting.batch(batch.getSize());
            worked();
        } else {
            failed(batch, exchange.getException());
        }
    }

    private void failed(Batch batch, Exception error) {
        SqlFailure kind = SqlFailure.of(error);
        Counter.builder("msgstore.write.fail")
                .description("Failed statements")
                .tag("event", batch.getName())
                .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment();
        String text = SqlFailure.message(error);
        if (kind == SqlFailure.DATA) {
            LOG.debug("Batch {} of {} refused: {}", batch.getName(), batch.getSize(), text);
        } else {
            remind(text);
        }
    }

    private synchronized void remind(String error) {
        long now = System.nanoTime();
        boolean first = lastError == null;
        if (first) {
            failingSinceNanos = now;
        }
        if (first || now - remindedNanos > REMINDER_NANOS) {
            remindedNanos = now;
            LOG.warn(
                    "Database does not take a batch{}: {}",
                    first ? "" : ", for " + TimeUnit.NANOSECONDS.toSeconds(now - failingSinceNanos) + " s now",
                    error);
        }
        lastError = error;
    }

    private void worked() {
        if (lastError != null) {
            over();
        }
    }

    private synchronized void over() {
        if (lastError != null) {
            LOG.info(
                    "Database takes batches again, after {} s",
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - failingSinceNanos));
            lastError = null;
        }
    }
}
