/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.util.concurrent.BlockingQueue;

import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Hands exchanges over to workers through a bounded queue in memory. */
@UriEndpoint(firstVersion = "0.1.0", scheme = "queue", title = "Queue", syntax = "queue:name", category = Category.CORE)
public class QueueEndpoint extends DefaultEndpoint {
    @UriPath(description = "Name of the queue")
    @Metadata(required = true)
    private final String name;

    @UriParam(defaultValue = "10000", description = "Most messages in the queue; the first endpoint of its name counts")
    private int size = 10_000;

    @UriParam(
            label = "producer",
            description = "Longest wait for a place in a full queue, in ms; none by default, without an end below 0")
    private long offerTimeout;

    @UriParam(
            label = "producer",
            description = "Endpoint for a message without a place; without one its exchange fails")
    private String whenFull;

    @UriParam(label = "consumer", defaultValue = "1", description = "Workers, a thread each")
    private int concurrentConsumers = 1;

    public QueueEndpoint(String uri, String name, QueueComponent component) {
        super(uri, component);
        this.name = name;
    }

    @Override
    public Producer createProducer() throws Exception {
        return new QueueProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        QueueConsumer consumer = new QueueConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    BlockingQueue<QueueComponent.Waiting> queue() {
        return ((QueueComponent) getComponent()).queue(name, size);
    }

    public String getName() {
        return name;
    }

    public int getSize() {
        return size;
    }

    public void setSize(int size) {
        this.size = size;
    }

    public long getOfferTimeout() {
        return offerTimeout;
    }

    public void setOfferTimeout(long offerTimeout) {
        this.offerTimeout = offerTimeout;
    }

    public String getWhenFull() {
        return whenFull;
    }

    public void setWhenFull(String whenFull) {
        this.whenFull = whenFull;
    }

    public int getConcurrentConsumers() {
        return concurrentConsumers;
    }

    public void setConcurrentConsumers(int concurrentConsumers) {
        this.concurrentConsumers = concurrentConsumers;
    }
}
