/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import io.msgstore.devices.queue.QueueEntry;

/** Reads a topic again, from a time or an offset to what is its end now, outside of any consumer group. For one thread. */
public final class KafkaReplay implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> ends;
    private final long all;

    private KafkaReplay(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        this.consumer = consumer;
        this.ends = ends;
        this.all = left();
    }

    /**
     * Finds the beginning in each partition.
     *
     * @param from a time (RFC 3339), an offset, or {@code beginning}
     * @param batchSize most messages that {@link #next} gives
     * @param maxBytes most bytes that are asked for at a time; a message that is larger comes alone
     * @throws IllegalArgumentException when {@code from} is none of these
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer or refuses
     */
    public static KafkaReplay begin(KafkaQueue queue, String from, int batchSize, int maxBytes) {
        Properties properties = new Properties();
        properties.putAll(queue.connection);
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "msgstore-replay");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batchSize);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, maxBytes);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Math.min(1024 * 1024, maxBytes));
        // where retention has deleted the offset meanwhile
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        Start start = Start.parse(from);
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(queue.topic).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            start.offsets(consumer, partitions)
                    .forEach((partition, offset) -> consumer.seek(partition, Math.min(offset, ends.get(partition))));
            return new KafkaReplay(consumer, ends);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /**
     * Whether {@link #begin} can begin there.
     *
     * @throws IllegalArgumentException with what is allowed, when {@code from} is none of these
     */
    public static void checkStart(String from) {
        Start.parse(from);
    }

    /** One of the three. */
    private record Start(Instant time, Long offset) {
        static Start parse(String from) {
            if (from.equals("beginning")) {
                return new Start(null, 0L);
            }
            if (from.matches("\\d{1,18}")) {
                return new Start(null, Long.valueOf(from));
            }
            try {
                return new Start(Instant.parse(from), null);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException(
                        "must be a time such as 2026-01-23T17:00:00Z, an offset, or \"beginning\"", e);
            }
        }

        Map<TopicPartition, Long> offsets(KafkaConsumer<?, ?> consumer, List<TopicPartition> partitions) {
            Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
            if (offset != null) {
                first.replaceAll((partition, begin) -> Math.max(begin, offset));
                return first;
            }
            Map<TopicPartition, Long> offsets = new HashMap<>();
            consumer.offsetsForTimes(partitions.stream()
                            .collect(Collectors.toMap(partition -> partition, partition -> time.toEpochMilli())))
                    // none where nothing is as young
                    .forEach((partition, found) ->
                            offsets.put(partition, found == null ? Long.MAX_VALUE : found.offset()));
            return offsets;
        }
    }

    /** Messages that were there when it began. */
    public long all() {
        return all;
    }

    /** Those that {@link #next} has given. */
    public long done() {
        return all - left();
    }

    /** Whether there are more. */
    public boolean hasMore() {
        return left() > 0;
    }

    private long left() {
        return ends.entrySet().stream()
                .mapToLong(end -> Math.max(0, end.getValue() - consumer.position(end.getKey())))
                .sum();
    }

    /** The next messages, in the order of each partition; none when none came in half a second. */
    public List<QueueEntry> next() {
        List<QueueEntry> entries = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> one : consumer.poll(POLL)) {
            TopicPartition partition = new TopicPartition(one.topic(), one.partition());
            if (one.offset() < ends.get(partition)) {
                entries.add(new QueueEntry(one.topic() + "/" + one.partition() + "/" + one.offset(), one.value()));
            }
        }
        return entries;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
