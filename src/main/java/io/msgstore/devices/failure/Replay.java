/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.camel.Exchange;
import org.apache.camel.Message;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.failure.ReplayRun.Letter;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;

/**
 * What {@code routes/failure/replay.camel.yaml} needs from Java: one {@link ReplayRun} per request, and the making of
 * messages out of dead letters. A dead letter is on its way at most once at a time, however many runs there are.
 */
public final class Replay {
    private static final String TOO_LARGE = "too-large";

    private final Accounting accounting;
    private final int maxPayloadBytes;
    private final int pageSize;
    private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

    /**
     * @param maxPayloadBytes limit for messages that were too large; others are taken as they are
     * @param queueSize a page is never larger, so that a queue which drops what it can't hold takes all of it
     */
    public Replay(Accounting accounting, int maxPayloadBytes, int queueSize) {
        this.accounting = accounting;
        this.maxPayloadBytes = maxPayloadBytes;
        this.pageSize = Math.min(100, queueSize);
    }

    /** Makes the filters in the body a run, in the variable {@code replay}; a body that is a run goes on where it was. */
    public void begin(Exchange exchange) {
        Object body = exchange.getMessage().getBody();
        ReplayRun run = body instanceof ReplayRun begun
                ? begun
                : new ReplayRun(exchange.getMessage().getBody(Map.class), ReplayRun.PATIENCE_MS);
        run.begin();
        exchange.setVariable("replay", run);
        exchange.getMessage().setBody(run.parameters(pageSize));
    }

    /** Makes the rows in the body the letters of the page, without those that are under way already. */
    public void page(Exchange exchange) {
        ReplayRun run = run(exchange);
        run.marked().forEach(underWay::remove);
        List<?> rows = exchange.getMessage().getBody(List.class);
        exchange.getMessage().setBody(run.page(rows, underWay::add, underWay::remove));
    }

    /** Makes the letter in the body the message that it was. */
    public void message(Exchange exchange) {
        Message message = exchange.getMessage();
        Letter letter = message.getBody(Letter.class);
        letter.ticket = accounting.receive(exchange);
        exchange.getExchangeExtension().addOnCompletion(letter);
        Envelope envelope =
                Envelope.of(letter.source(), letter.reason().equals(TOO_LARGE) ? maxPayloadBytes : Integer.MAX_VALUE);
        // a request's parameters are headers too, and mean other things further on
        message.removeHeaders("*");
        message.setHeader(Headers.TRACE_ID, envelope.traceId());
        message.setHeader(Headers.RECEIVED_AT, envelope.receivedAt());
        message.setBody(envelope);
        exchange.setProperty(ExchangeProperties.DEAD_LETTER_KEY, letter.key());
    }

    /** Waits until the messages of the page are settled, and makes the parameters of the next page the body. */
    public void settle(Exchange exchange) throws InterruptedException {
        ReplayRun run = run(exchange);
        run.awaitPage(() -> exchange.getContext().isStopping());
        exchange.getMessage().setBody(run.parameters(pageSize));
    }

    /** Makes the run's counts the body, and with them those that are still open, which the body holds. */
    public void result(Exchange exchange) {
        ReplayRun run = run(exchange);
        Map<String, Object> result = new LinkedHashMap<>(run.result());
        result.put("remaining", exchange.getMessage().getBody(Long.class));
        exchange.getMessage().setBody(result);
    }

    /** Ends a run. What was stored and could not be marked is found to be a duplicate, and marked, the next time. */
    public void end(Exchange exchange) {
        run(exchange).end().forEach(underWay::remove);
    }

    private static ReplayRun run(Exchange exchange) {
        return exchange.getVariable("replay", ReplayRun.class);
    }
}
