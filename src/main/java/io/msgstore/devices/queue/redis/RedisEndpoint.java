/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Puts messages into a Redis stream, and takes them out when they are stored. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "redis-stream",
        title = "Redis stream",
        syntax = "redis-stream:key",
        category = Category.CACHE)
public class RedisEndpoint extends DefaultEndpoint {
    @UriPath(description = "Key of the stream")
    @Metadata(required = true)
    private final String key;

    @UriParam(defaultValue = "msgstore", description = "Name of the consumer group")
    private String group = "msgstore";

    @UriParam(
            label = "producer",
            enums = "add,length",
            defaultValue = "add",
            description = "add a message, or set the body to the number of entries")
    private String operation = "add";

    @UriParam(label = "producer", defaultValue = "10000", description = "Most entries in the stream")
    private int size = 10_000;

    @UriParam(
            label = "producer",
            description = "Longest wait for a place in a full stream, in ms; none by default, without an end below 0")
    private long offerTimeout;

    @UriParam(
            label = "producer",
            description = "Endpoint for a message without a place; without one its exchange fails")
    private String whenFull;

    @UriParam(
            label = "producer",
            defaultValue = "true",
            description = "Whether messages wait while Redis is away; otherwise their exchanges fail")
    private boolean holdWhenAway = true;

    @UriParam(label = "consumer", defaultValue = "1", description = "Workers, a thread each")
    private int concurrentConsumers = 1;

    @UriParam(label = "consumer", defaultValue = "500", description = "Most entries in one exchange")
    private int batchSize = 500;

    @UriParam(
            label = "consumer",
            defaultValue = "4194304",
            description = "Bytes from which on an exchange gets no further entry")
    private long maxBytes = 4 * 1024 * 1024;

    @UriParam(
            label = "consumer",
            defaultValue = "1048576",
            description = "Bytes that an entry is expected to have at most")
    private long largest = 1024 * 1024;

    @UriParam(
            label = "consumer",
            defaultValue = "30000",
            description = "How long a consumer that does not show itself keeps its entries, in ms")
    private long claimAfter = 30_000;

    public RedisEndpoint(String uri, String key, RedisComponent component) {
        super(uri, component);
        this.key = key;
    }

    @Override
    public Producer createProducer() throws Exception {
        return operation.equals("length") ? new RedisLengthProducer(this) : new RedisProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        RedisConsumer consumer = new RedisConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    @Override
    public RedisComponent getComponent() {
        return (RedisComponent) super.getComponent();
    }

    RedisStream stream() {
        return getComponent().stream(key, group);
    }

    public String getKey() {
        return key;
    }

    public String getGroup() {
        return group;
    }

    public void setGroup(String group) {
        this.group = group;
    }

    public String getOperation() {
        return operation;
    }

    public void setOperation(String operation) {
        this.operation = operation;
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

    public boolean isHoldWhenAway() {
        return holdWhenAway;
    }

    public void setHoldWhenAway(boolean holdWhenAway) {
        this.holdWhenAway = holdWhenAway;
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

    public long getMaxBytes() {
        return maxBytes;
    }

    public void setMaxBytes(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    public long getLargest() {
        return largest;
    }

    public void setLargest(long largest) {
        this.largest = largest;
    }

    public long getClaimAfter() {
        return claimAfter;
    }

    public void setClaimAfter(long claimAfter) {
        this.claimAfter = claimAfter;
    }
}
