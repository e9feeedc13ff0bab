/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.queue.QueueEntry;

import static org.assertj.core.api.Assertions.assertThat;

/** When offsets are committed. Kafka's own consumer for tests, because a real one commits when and how it likes. */
class PartitionsTest {
    private static final TopicPartition ONE = new TopicPartition("messages", 0);
    private static final TopicPartition OTHER = new TopicPartition("messages", 1);
    private static final long NEVER = 3_600_000;

    private final Answers kafka = new Answers();

    /** Answers commits when it is told to. */
    private static final class Answers extends MockConsumer<byte[], byte[]> {
        private final Deque<OffsetCommitCallback> underWay = new ArrayDeque<>();
        private Map<TopicPartition, OffsetAndMetadata> asked = Map.of();

        Answers() {
            super("earliest");
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            if (callback == null) {
                // of commitSync
                super.commitAsync(offsets, null);
                return;
            }
            asked = offsets;
            underWay.add(callback);
        }

        void answer(Exception failure) {
            underWay.remove().onComplete(asked, failure);
        }
    }

    @BeforeEach
    void assign() {
        kafka.assign(List.of(ONE, OTHER));
        kafka.updateBeginningOffsets(Map.of(ONE, 0L, OTHER, 0L));
    }

    private void records(TopicPartition partition, long... offsets) {
        for (long offset : offsets) {
            kafka.addRecord(new ConsumerRecord<>(
                    partition.topic(), partition.partition(), offset, null, new byte[] {(byte) offset}));
        }
    }

    private static Map<TopicPartition, OffsetAndMetadata> at(TopicPartition partition, long offset) {
        return Map.of(partition, new OffsetAndMetadata(offset));
    }

    private Map<TopicPartition, OffsetAndMetadata> committed() {
        return kafka.committed(Set.of(ONE, OTHER));
    }

    @Test
    void readsEachRecordWithANameOfItsOwn() {
        records(ONE, 0, 1);
        records(OTHER, 0);

        assertThat(new Partitions(kafka, NEVER).read(0).entries())
                .extracting(QueueEntry::id)
                .containsExactlyInAnyOrder("messages/0/0", "messages/0/1", "messages/1/0");
    }

    @Test
    void commitsOnlyWhatIsStored() {
        Partitions partitions = new Partitions(kafka, 0);
        records(ONE, 0, 1);
        Partitions.Batch stored = partitions.read(0);
        records(ONE, 2);
        partitions.read(0);

        partitions.stored(stored);
        partitions.commit();

        assertThat(committed()).isEqualTo(at(ONE, 2));
    }

    @Test
    void waitsForTheInterval() {
        Partitions partitions = new Partitions(kafka, NEVER);
        records(ONE, 0);
        partitions.stored(partitions.read(0));
        records(ONE, 1);
        partitions.read(0);

        assertThat(kafka.underWay).isEmpty();
    }

    @Test
    void triesAgainWhatFailedAndNeverGoesBack() {
        Partitions partitions = new Partitions(kafka, 0);
        records(ONE, 0);
        records(OTHER, 0);
        partitions.stored(partitions.read(0));
        records(ONE, 1);
        Partitions.Batch second = partitions.read(0);
        assertThat(kafka.underWay).hasSize(1);
        partitions.stored(second);
        partitions.read(0);
        assertThat(kafka.underWay).as("one at a time").hasSize(1);

        kafka.answer(new RetriableCommitFailedException("try again"));
        partitions.read(0);

        assertThat(kafka.asked).isEqualTo(Map.of(ONE, new OffsetAndMetadata(2), OTHER, new OffsetAndMetadata(1)));
    }

    @Test
    void triesNothingAgainForAPartitionThatIsAnothersByThen() {
        Partitions partitions = new Partitions(kafka, 0);
        records(ONE, 0);
        records(OTHER, 0);
        partitions.stored(partitions.read(0));
        partitions.read(0);
        kafka.assign(List.of(OTHER));

        kafka.answer(new RetriableCommitFailedException("try again"));
        partitions.read(0);

        assertThat(kafka.asked).isEqualTo(at(OTHER, 1));
    }

    @Test
    void commitsBeforeAPartitionIsGivenUp() {
        Partitions partitions = new Partitions(kafka, NEVER);
        records(ONE, 0);
        partitions.stored(partitions.read(0));

        partitions.onPartitionsRevoked(List.of(ONE));

        assertThat(committed()).isEqualTo(at(ONE, 1));
    }

    @Test
    void commitsNothingOfAPartitionThatIsLost() {
        Partitions partitions = new Partitions(kafka, NEVER);
        records(ONE, 0);
        records(OTHER, 0);
        partitions.stored(partitions.read(0));

        partitions.onPartitionsLost(List.of(ONE));
        partitions.commit();

        assertThat(committed()).isEqualTo(at(OTHER, 1));
    }

    @Test
    void readsAgainFromTheFirst() {
        Partitions partitions = new Partitions(kafka, NEVER);
        records(ONE, 0, 1);
        partitions.readAgain(partitions.read(0));

        assertThat(kafka.position(ONE)).isZero();
    }
}
