/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.util.Map;

import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultProducer;

/** Puts messages into a Redis stream, and takes them out when they are stored. */
class RedisEndpoint extends DefaultEndpoint {
    final RedisComponent component;
    /** Of the stream. */
    final String key;
    /** Whether {@code to:} sets the body to the number of entries, and adds no message. */
    final boolean isLength;
    /** Most entries in the stream. */
    final int size;
    /** Longest wait for a place in a full stream, in ms; none by default, without an end below 0. */
    final long offerTimeout;
    /** Endpoint for a message without a place; without one its exchange fails. */
    final String whenFull;
    /** Whether messages wait while Redis is away; otherwise their exchanges fail. */
    final boolean holdWhenAway;
    /** Workers, a thread each. */
    final int concurrentConsumers;
    /** Most entries in one exchange. */
    final int batchSize;
    /** Bytes from which on an exchange gets no further entry. */
    final long maxBytes;
    /** Bytes that an entry is expected to have at most. */
    final long largest;
    /** How long a consumer that does not show itself keeps its entries, in ms. */
    final long claimAfter;

    private final String group;

    RedisEndpoint(String uri, String key, RedisComponent component, Map<String, Object> parameters) {
        super(uri, component);
        this.component = component;
        this.key = key;
        group = component.getAndRemoveParameter(parameters, "group", String.class, "msgstore");
        isLength = "length".equals(component.getAndRemoveParameter(parameters, "operation", String.class));
        size = component.getAndRemoveParameter(parameters, "size", Integer.class, 10_000);
        offerTimeout = component.getAndRemoveParameter(parameters, "offerTimeout", Long.class, 0L);
        whenFull = component.getAndRemoveParameter(parameters, "whenFull", String.class);
        holdWhenAway = component.getAndRemoveParameter(parameters, "holdWhenAway", Boolean.class, true);
        concurrentConsumers = component.getAndRemoveParameter(parameters, "concurrentConsumers", Integer.class, 1);
        batchSize = component.getAndRemoveParameter(parameters, "batchSize", Integer.class, 500);
        maxBytes = component.getAndRemoveParameter(parameters, "maxBytes", Long.class, 4L * 1024 * 1024);
        largest = component.getAndRemoveParameter(parameters, "largest", Long.class, 1024L * 1024);
        claimAfter = component.getAndRemoveParameter(parameters, "claimAfter", Long.class, 30_000L);
    }

    @Override
    public Producer createProducer() {
        if (!isLength) {
            return new RedisProducer(this);
        }
        RedisStream stream = stream();
        return new DefaultProducer(this) {
            @Override
            public void process(Exchange exchange) {
                exchange.getMessage().setBody(stream.length());
            }
        };
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        RedisConsumer consumer = new RedisConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    RedisStream stream() {
        return component.stream(key, group);
    }
}
