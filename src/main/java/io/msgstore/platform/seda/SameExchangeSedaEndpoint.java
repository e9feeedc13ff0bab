/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.seda;

import java.util.List;
import java.util.concurrent.BlockingQueue;

import org.apache.camel.Exchange;
import org.apache.camel.PollingConsumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.WaitForTaskToComplete;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.component.seda.BlockingQueueFactory;
import org.apache.camel.component.seda.SedaConsumer;
import org.apache.camel.component.seda.SedaEndpoint;
import org.apache.camel.spi.UriEndpoint;

import io.msgstore.platform.seda.SameExchangeSedaComponent.Waiting;

/** Camel's endpoint, without the options that would lose a message or leave it unacknowledged. */
@ManagedResource(description = "Managed SedaEndpoint")
@UriEndpoint(firstVersion = "1.1.0", scheme = "seda", title = "SEDA", syntax = "seda:name", remote = false)
public class SameExchangeSedaEndpoint extends SedaEndpoint {
    private static final long NO_TIMEOUT_GIVEN = new SedaEndpoint().getTimeout();

    private final SameExchangeSedaComponent component;

    SameExchangeSedaEndpoint(String uri, SameExchangeSedaComponent component, int concurrentConsumers) {
        super(uri, component, (BlockingQueueFactory<Exchange>) null, concurrentConsumers);
        this.component = component;
    }

    /** What waits for a worker, at whichever endpoint of the name. */
    BlockingQueue<Waiting> waiting() {
        // Camel's own stays empty. With it goes the size, which must be the same at all endpoints of the name
        getQueue();
        return component.queue(getName(), getSize());
    }

    @Override
    public List<Exchange> getExchanges() {
        return waiting().stream().map(Waiting::exchange).toList();
    }

    @Override
    @ManagedAttribute(description = "Current queue size")
    public int getCurrentQueueSize() {
        return component.length(getName());
    }

    static IllegalArgumentException unsupported(String endpoint, String option, String reason) {
        return new IllegalArgumentException(endpoint + ": option " + option + " is not supported, because " + reason);
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        refuse(
                isMultipleConsumers(),
                "multipleConsumers",
                "each consumer would get a copy, and a message has one acknowledgement");
        refuse(isPurgeWhenStopping(), "purgeWhenStopping", "what is purged would be neither stored nor acknowledged");
        refuse(
                isDiscardIfNoConsumers(),
                "discardIfNoConsumers",
                "a suspended route has no consumers, and its messages would be lost");
        refuse(
                isFailIfNoConsumers(),
                "failIfNoConsumers",
                "a suspended route has no consumers, and its messages are to wait for it");
        refuse(
                getWaitForTaskToComplete() != WaitForTaskToComplete.IfReplyExpected,
                "waitForTaskToComplete",
                "an exchange always completes when its worker is done, and no thread waits for that");
        refuse(
                getTimeout() != NO_TIMEOUT_GIVEN,
                "timeout",
                "an exchange always completes when its worker is done, and no thread waits for that");
    }

    private void refuse(boolean given, String option, String reason) {
        if (given) {
            throw unsupported(getEndpointUri(), option, reason);
        }
    }

    @Override
    public Producer createProducer() {
        return new SameExchangeSedaProducer(this);
    }

    @Override
    protected SedaConsumer createNewConsumer(Processor processor) {
        return new SameExchangeSedaConsumer(this, processor);
    }

    /** Not supported: an exchange that is polled from the queue would never complete. */
    @Override
    public PollingConsumer createPollingConsumer() {
        throw new UnsupportedOperationException(getEndpointUri()
                + " can't be polled (pollEnrich), because an exchange taken from the queue so would never complete");
    }

    /** Not supported: what is purged would be neither stored nor acknowledged. */
    @Override
    public void purgeQueue() {
        throw new UnsupportedOperationException(
                getEndpointUri() + " can't be purged: what is purged would be neither stored nor acknowledged");
    }
}
