/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Gathers messages into batches and keeps each message's acknowledgement until its batch is done. */
@UriEndpoint(firstVersion = "0.1.0", scheme = "batch", title = "Batch", syntax = "batch:name", category = Category.CORE)
public class BatchEndpoint extends DefaultEndpoint {
    @UriPath(description = "Name of the batch")
    @Metadata(required = true)
    private final String name;

    @UriParam(label = "consumer", defaultValue = "500", description = "Most messages in a batch")
    private int size = 500;

    @UriParam(label = "consumer", defaultValue = "20", description = "Longest wait of a message for its batch, in ms")
    private long linger = 20;

    @UriParam(label = "consumer", defaultValue = "1048576", description = "Bytes of JSON from which a batch is full")
    private long maxBytes = 1024 * 1024;

    public BatchEndpoint(String uri, String name, BatchComponent component) {
        super(uri, component);
        this.name = name;
    }

    @Override
    public Producer createProducer() {
        return new BatchProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        BatchConsumer consumer = new BatchConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    @Override
    public BatchComponent getComponent() {
        return (BatchComponent) super.getComponent();
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

    public long getLinger() {
        return linger;
    }

    public void setLinger(long linger) {
        this.linger = linger;
    }

    public long getMaxBytes() {
        return maxBytes;
    }

    public void setMaxBytes(long maxBytes) {
        this.maxBytes = maxBytes;
    }
}
