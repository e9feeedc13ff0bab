/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.util.Map;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;

/** Gathers messages into batches and keeps each message's acknowledgement until its batch is done. */
class BatchEndpoint extends DefaultEndpoint {
    final BatchComponent component;
    /** Of the batch. */
    final String name;
    /** Most messages in a batch. */
    final int size;
    /** Longest wait of a message for its batch, in ms. */
    final long linger;
    /** Bytes of JSON from which a batch is full. */
    final long maxBytes;

    BatchEndpoint(String uri, String name, BatchComponent component, Map<String, Object> parameters) {
        super(uri, component);
        this.component = component;
        this.name = name;
        size = component.getAndRemoveParameter(parameters, "size", Integer.class, 500);
        linger = component.getAndRemoveParameter(parameters, "linger", Long.class, 20L);
        maxBytes = component.getAndRemoveParameter(parameters, "maxBytes", Long.class, 1024L * 1024);
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
}
