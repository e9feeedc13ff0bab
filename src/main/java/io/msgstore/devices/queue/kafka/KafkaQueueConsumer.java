/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.util.Properties;

import org.apache.camel.Processor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import io.msgstore.devices.queue.Workers;

/**
 * The workers of a topic, each a consumer of the group. A batch goes down the route message by message; when all of it is
 * stored its offsets are to be committed, and when it can't be stored it is read again.
 */
class KafkaQueueConsumer extends Workers {
    private static final int MIB = 1024 * 1024;

    private final KafkaQueueEndpoint endpoint;

    KafkaQueueConsumer(KafkaQueueEndpoint endpoint, Processor processor) {
        super(endpoint, processor, endpoint.concurrentConsumers);
        this.endpoint = endpoint;
    }

    private Properties properties() {
        Properties properties = endpoint.component.connection();
        properties.put("group.id", endpoint.group);
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("max.poll.records", endpoint.batchSize);
        // it reads ahead, from each of its partitions
        properties.put("fetch.max.bytes", endpoint.maxBytes);
        properties.put("max.partition.fetch.bytes", Math.min(MIB, endpoint.maxBytes));
        properties.put("fetch.max.wait.ms", "100");
        properties.put("session.timeout.ms", "10000");
        properties.put("heartbeat.interval.ms", "2000");
        return properties;
    }

    @Override
    protected void work(int number) throws InterruptedException {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Partitions partitions = new Partitions(consumer, endpoint.commitInterval);
            partitions.subscribe(endpoint.topic);
            while (runs()) {
                if (isSuspendingOrSuspended()) {
                    partitions.idle(LOOK_MILLIS);
                    continue;
                }
                Partitions.Batch batch = partitions.read(LOOK_MILLIS);
                if (batch.entries().isEmpty()) {
                    continue;
                }
                if (isSuspendingOrSuspended()) {
                    // since it asked: what comes from then on stays in the queue
                    partitions.readAgain(batch);
                    continue;
                }
                if (store(batch.entries())) {
                    partitions.stored(batch);
                } else {
                    partitions.readAgain(batch);
                    pause();
                }
            }
            partitions.commit();
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedException(e.getMessage());
        } catch (KafkaException e) {
            // that it is away is waited for within; this is a password that is refused, or the like
            endpoint.component.state.fails(e);
            pause();
        }
    }
}
