/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.Arrays;
import java.util.function.Supplier;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.spi.Synchronization;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.QueueForm;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;

/**
 * Steps of a route that takes messages from a durable queue, one or a list of them, and takes them out for good when all of
 * them are stored. Redelivery is the queue's: what is not taken out it gives again.
 *
 * @param queue value of {@code msgstore.queue}
 * @param maxPayloadBytes payloads above this are dead-lettered as {@code too-large}
 */
public record Dequeue(Accounting accounting, Backlog backlog, String queue, int maxPayloadBytes) {
    /** A step before a batch is split into its messages. */
    public void batch(Exchange exchange) {
        exchange.setProperty(Taken.PROPERTY, new Taken());
    }

    /**
     * A step that opens the accounts of a message and makes its envelope the body. What the exchange owes when it completes,
     * such as a file that is to be deleted, is done when the message is stored.
     */
    public void message(Exchange exchange) {
        Message message = exchange.getMessage();
        Object body = message.getBody();
        byte[] bytes;
        Supplier<String> entry = null;
        if (body instanceof QueueEntry known) {
            bytes = known.bytes();
            entry = known::id;
        } else {
            bytes = message.getBody(byte[].class);
            String known = message.getHeader(Headers.QUEUE_ENTRY, String.class);
            if (known != null) {
                entry = () -> known;
            }
        }
        if (bytes == null) {
            bytes = new byte[0];
        }
        Envelope envelope = QueueForm.read(bytes, queue, maxPayloadBytes);
        Taken taken = exchange.getProperty(Taken.PROPERTY, Taken.class);
        if (taken == null) {
            taken = new Taken();
            exchange.setProperty(Taken.PROPERTY, taken);
            taken.add();
            exchange.getExchangeExtension().addOnCompletion(new Settled(taken, backlog));
        } else if (taken.isCountedOutOf(backlog)) {
            taken.add();
            exchange.getExchangeExtension().addOnCompletion(new Settled(taken, null));
        }
        accounting.dequeue(exchange, System.currentTimeMillis() - envelope.receivedAt());
        if (entry != null) {
            // the same when it is given again: it dies once
            exchange.setProperty(ExchangeProperties.DEAD_LETTER_KEY, new DeadLetterKey(queue, entry, bytes));
        }
        message.setBody(envelope);
        message.setHeader(Headers.TRACE_ID, envelope.traceId());
        message.setHeader(Headers.RECEIVED_AT, envelope.receivedAt());
    }

    /**
     * Identifies the dead letter that a message may become; as text, when that is asked for. Of a queue that was made anew,
     * where entries are numbered from the beginning again, the bytes tell them apart. The trace id would not do: what others put
     * there may have none, and gets another one each time.
     */
    private record DeadLetterKey(String queue, Supplier<String> entry, byte[] bytes) {
        @Override
        public String toString() {
            return queue + "/" + entry.get() + "/" + Integer.toHexString(Arrays.hashCode(bytes));
        }
    }

    /**
     * A step that waits until the messages are stored.
     *
     * @throws NotStored when one was not
     */
    public void await(Exchange exchange) throws InterruptedException {
        exchange.getProperty(Taken.PROPERTY, Taken.class).await();
    }

    /** @param backlog null where the message is counted out of it with those that it was taken with */
    private record Settled(Taken taken, Backlog backlog) implements Synchronization {
        @Override
        public void onComplete(Exchange exchange) {
            if (backlog != null) {
                backlog.removed(1);
            }
            taken.settle(true);
        }

        @Override
        public void onFailure(Exchange exchange) {
            taken.settle(false);
        }
    }
}
