/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

import io.msgstore.devices.envelope.JsonBody;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;
import io.msgstore.platform.tracing.Tracing;

/**
 * Adds a message to the open batch of its name. A body that is a {@link Batch} already, such as half of one that failed,
 * is written as it is, by the calling thread.
 */
class BatchProducer extends DefaultProducer {
    private final BatchEndpoint endpoint;
    private BatchConsumer consumer;

    BatchProducer(BatchEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        Object body = exchange.getMessage().getBody();
        if (body instanceof Batch batch) {
            consumer().write(batch);
            return;
        }
        byte[] json = body instanceof JsonBody own
                ? own.json()
                : exchange.getMessage().getMandatoryBody(byte[].class);
        String event = exchange.getMessage().getHeader(Headers.EVENT, String.class);
        Ticket ticket = exchange.getProperty(Ticket.PROPERTY, Ticket.class);
        Object deadLetterKey = exchange.getProperty(ExchangeProperties.DEAD_LETTER_KEY);
        BatchConsumer open = consumer();
        String span = exchange.getMessage().getHeader(Tracing.PARENT, String.class);
        open.collect(new Batch.Entry(body, json, event, ticket, deadLetterKey, Completions.take(exchange)), span);
    }

    private BatchConsumer consumer() {
        // looked up on first use: the consuming route may start after this one
        BatchConsumer found = consumer;
        if (found == null || !found.isRunAllowed()) {
            found = endpoint.component.consumer(endpoint.name);
            consumer = found;
        }
        return found;
    }
}
