/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Takes messages from a Kafka topic, and commits their offsets when they are stored. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "kafka-queue",
        title = "Kafka queue",
        syntax = "kafka-queue:topic",
        category = Category.MESSAGING,
        consumerOnly = true)
public class KafkaQueueEndpoint extends DefaultEndpoint {
    @UriPath(description = "Name of the topic")
    @Metadata(required = true)
    private final String topic;

    @UriParam(defaultValue = "msgstore", description = "Consumer group")
    private String group = "msgstore";

    @UriParam(defaultValue = "1", description = "Workers, a thread each")
    private int concurrentConsumers = 1;

    @UriParam(defaultValue = "500", description = "Most messages in hand at a time")
    private int batchSize = 500;

    @UriParam(
            defaultValue = "4194304",
            description = "Most bytes that a worker asks for at a time; a message that is larger comes alone")
    private int maxBytes = 4 * 1024 * 1024;

    @UriParam(
            defaultValue = "100",
            description = "How long what is stored may wait for its commit, in ms; a crash has that given again")
    private long commitInterval = 100;

    public KafkaQueueEndpoint(String uri, String topic, KafkaQueueComponent component) {
        super(uri, component);
        this.topic = topic;
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

    @Override
    public KafkaQueueComponent getComponent() {
        return (KafkaQueueComponent) super.getComponent();
    }

    public String getTopic() {
        return topic;
    }

    public String getGroup() {
        return group;
    }

    public void setGroup(String group) {
        this.group = group;
    }

    public int getConcurrentConsumers() {
        return concurrentConsumers;
    }

    public void setConcurrentConsumers(int concurrentConsumers) {
        this.concurrentConsumers = concurrentConsumers;
    }

    public int getBatchSize() {
        return batchSize;
    }

    public void setBatchSize(int batchSize) {
        this.batchSize = batchSize;
    }

    public int getMaxBytes() {
        return maxBytes;
    }

    public void setMaxBytes(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    public long getCommitInterval() {
        return commitInterval;
    }

    public void setCommitInterval(long commitInterval) {
        this.commitInterval = commitInterval;
    }
}
