/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.util.Map;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;

/** Takes messages from a Kafka topic, and commits their offsets when they are stored. */
class KafkaQueueEndpoint extends DefaultEndpoint {
    final KafkaQueueComponent component;
    final String topic;
    /** Consumer group. */
    final String group;
    /** Workers, a thread each. */
    final int concurrentConsumers;
    /** Most messages in hand at a time. */
    final int batchSize;
    /** Most bytes that a worker asks for at a time; a message that is larger comes alone. */
    final int maxBytes;
    /** How long what is stored may wait for its commit, in ms; a crash has that given again. */
    final long commitInterval;

    KafkaQueueEndpoint(String uri, String topic, KafkaQueueComponent component, Map<String, Object> parameters) {
        super(uri, component);
        this.component = component;
        this.topic = topic;
        group = component.getAndRemoveParameter(parameters, "group", String.class, "msgstore");
        concurrentConsumers = component.getAndRemoveParameter(parameters, "concurrentConsumers", Integer.class, 1);
        batchSize = component.getAndRemoveParameter(parameters, "batchSize", Integer.class, 500);
        maxBytes = component.getAndRemoveParameter(parameters, "maxBytes", Integer.class, 4 * 1024 * 1024);
        commitInterval = component.getAndRemoveParameter(parameters, "commitInterval", Long.class, 100L);
    }

    @Override
    public Producer createProducer() {
        throw new UnsupportedOperationException("to: kafka, which is Camel's own");
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        KafkaQueueConsumer consumer = new KafkaQueueConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }
}
