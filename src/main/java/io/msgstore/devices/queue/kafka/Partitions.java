/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.queue.QueueEntry;

/**
 * What one worker reads of a topic, and how far it is stored. Offsets are committed behind the rows, a few times a second and
 * before a partition is given up: what a crash leaves uncommitted is given again, and the database finds the duplicates. Used by
 * the worker's thread alone, and only between two batches.
 */
final class Partitions implements ConsumerRebalanceListener {
    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);

    private final Consumer<byte[], byte[]> consumer;
    private final long intervalNanos;
    // stored, and to be committed
    private final Map<TopicPartition, OffsetAndMetadata> stored = new HashMap<>();
    private long committedNanos = System.nanoTime();
    private boolean committing;

    /**
     * Records that were read together.
     *
     * @param first offset in each of their partitions
     * @param next offset in each of their partitions behind them
     */
    record Batch(
            List<QueueEntry> entries,
            Map<TopicPartition, OffsetAndMetadata> first,
            Map<TopicPartition, OffsetAndMetadata> next) {
        static Batch of(ConsumerRecords<byte[], byte[]> records) {
            Batch batch = new Batch(new ArrayList<>(records.count()), new HashMap<>(), new HashMap<>());
            for (TopicPartition partition : records.partitions()) {
                List<ConsumerRecord<byte[], byte[]>> of = records.records(partition);
                for (ConsumerRecord<byte[], byte[]> one : of) {
                    String id = one.topic() + "/" + one.partition() + "/" + one.offset();
                    batch.entries.add(new QueueEntry(id, one.value()));
                }
                batch.first.put(partition, new OffsetAndMetadata(of.get(0).offset()));
                batch.next.put(
                        partition, new OffsetAndMetadata(of.get(of.size() - 1).offset() + 1));
            }
            return batch;
        }
    }

    /** @param intervalMillis how long what is stored may wait for its commit */
    Partitions(Consumer<byte[], byte[]> consumer, long intervalMillis) {
        this.consumer = consumer;
        intervalNanos = TimeUnit.MILLISECONDS.toNanos(intervalMillis);
    }

    void subscribe(String topic) {
        consumer.subscribe(List.of(topic), this);
    }

    /** The next records, none after that wait. */
    Batch read(int waitMillis) {
        consumer.resume(consumer.paused());
        return poll(waitMillis);
    }

    /** Takes nothing for that long, and stays in the group. */
    void idle(int millis) {
        consumer.pause(consumer.assignment());
        // of partitions that come in a rebalance there may be records already
        readAgain(poll(millis));
    }

    private Batch poll(int waitMillis) {
        long wait = TimeUnit.MILLISECONDS.toNanos(waitMillis);
        if (!stored.isEmpty() && !committing) {
            long left = intervalNanos - (System.nanoTime() - committedNanos);
            if (left <= 0) {
                commitSoon();
            } else {
                wait = Math.min(wait, left);
            }
        }
        return Batch.of(consumer.poll(Duration.ofNanos(wait)));
    }

    /** All of the batch is stored. */
    void stored(Batch batch) {
        stored.putAll(batch.next);
    }

    /** The batch is to be read again. */
    void readAgain(Batch batch) {
        batch.first.forEach((partition, offset) -> {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, offset);
            }
        });
    }

    // one at a time: an older offset that is tried again must not overwrite a newer one
    private void commitSoon() {
        Map<TopicPartition, OffsetAndMetadata> offsets = takeStored();
        committing = true;
        consumer.commitAsync(offsets, (committed, e) -> {
            committing = false;
            if (e instanceof RetriableCommitFailedException) {
                // the offset of a partition that is no longer assigned would move its new owner back
                offsets.forEach((partition, offset) -> {
                    if (consumer.assignment().contains(partition)) {
                        stored.putIfAbsent(partition, offset);
                    }
                });
            } else if (e != null) {
                notCommitted(e);
            }
        });
    }

    /** Commits what is stored, and waits for it. */
    void commit() {
        if (stored.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(takeStored());
        } catch (CommitFailedException | RebalanceInProgressException e) {
            notCommitted(e);
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> takeStored() {
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.copyOf(stored);
        stored.clear();
        committedNanos = System.nanoTime();
        return offsets;
    }

    private static void notCommitted(Exception e) {
        LOG.warn(
                "Offsets are not committed, because their partitions were given to another consumer, which reads the stored messages again: {}",
                e.getMessage());
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        // they are read from where their offsets are
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        commit();
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        stored.keySet().removeAll(partitions);
    }
}
