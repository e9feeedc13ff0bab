/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TestKafkaIT {
    private static final String TOPIC = "topic";
    private static final Duration LIMIT = Limits.LIMIT;

    @Test
    void whatWasConfirmedIsThereAfterAKillAndSoIsWhatAGroupHasRead() throws Exception {
        try (TestKafka kafka = TestKafka.running()) {
            int port = kafka.port();
            kafka.createTopic(TOPIC, 2);
            send(kafka, 0, 1000);
            assertThat(read(kafka, "group", 1000)).containsExactlyInAnyOrderElementsOf(numbers(0, 1000));

            kafka.kill9();
            kafka.start();

            assertThat(kafka.port()).isEqualTo(port);
            send(kafka, 1000, 10);
            assertThat(read(kafka, "group", 10)).containsExactlyInAnyOrderElementsOf(numbers(1000, 10));
            assertThat(read(kafka, "other", 1010)).containsExactlyInAnyOrderElementsOf(numbers(0, 1010));

            kafka.restart();

            send(kafka, 1010, 10);
            assertThat(read(kafka, "group", 10)).containsExactlyInAnyOrderElementsOf(numbers(1010, 10));
            assertThat(kafka.output()).doesNotContain(" INFO ");
        }
    }

    @Test
    void aTopicDoesNotComeByItself() {
        try (TestKafka kafka = TestKafka.running();
                Producer<String, String> producer =
                        new KafkaProducer<>(clientOf(kafka, Map.of("max.block.ms", 1000)))) {
            assertThatThrownBy(
                            () -> producer.send(new ProducerRecord<>(TOPIC, "")).get())
                    .hasCauseInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void onlyTheUserGetsIn() throws Exception {
        try (TestKafka kafka =
                TestKafka.builder().withUser("alice", "say \"friend\"").start()) {
            Map<String, Object> wrong = kafka.clientProperties();
            wrong.computeIfPresent(
                    "sasl.jaas.config", (key, login) -> login.toString().replace("friend", "guess"));
            try (Admin admin = Admin.create(wrong)) {
                assertThatThrownBy(() -> admin.describeCluster().nodes().get())
                        .hasCauseInstanceOf(SaslAuthenticationException.class);
            }
            try (Admin admin = Admin.create(Map.of(
                    "bootstrap.servers",
                    kafka.bootstrap(),
                    "default.api.timeout.ms",
                    2000,
                    "request.timeout.ms",
                    1000))) {
                assertThatThrownBy(() -> admin.describeCluster().nodes().get())
                        .hasCauseInstanceOf(TimeoutException.class);
            }

            kafka.createTopic(TOPIC, 1);
            send(kafka, 0, 10);

            assertThat(read(kafka, "group", 10)).isEqualTo(numbers(0, 10));
        }
    }

    private static List<String> numbers(int first, int count) {
        return IntStream.range(first, first + count).mapToObj(Integer::toString).toList();
    }

    private static Map<String, Object> clientOf(TestKafka kafka, Map<String, Object> more) {
        Map<String, Object> properties = new HashMap<>(kafka.clientProperties());
        properties.put("key.serializer", StringSerializer.class);
        properties.put("value.serializer", StringSerializer.class);
        properties.put("key.deserializer", StringDeserializer.class);
        properties.put("value.deserializer", StringDeserializer.class);
        properties.putAll(more);
        return properties;
    }

    // each confirmed
    private static void send(TestKafka kafka, int first, int count) throws Exception {
        try (Producer<String, String> producer = new KafkaProducer<>(clientOf(kafka, Map.of()))) {
            List<Future<RecordMetadata>> sent = numbers(first, count).stream()
                    .map(number -> producer.send(new ProducerRecord<>(TOPIC, number, number)))
                    .toList();
            for (Future<RecordMetadata> one : sent) {
                one.get();
            }
        }
    }

    // what the group has not read yet, and commits it
    private static List<String> read(TestKafka kafka, String group, int count) {
        try (Consumer<String, String> consumer =
                new KafkaConsumer<>(clientOf(kafka, Map.of("group.id", group, "auto.offset.reset", "earliest")))) {
            consumer.subscribe(List.of(TOPIC));
            List<String> values = new ArrayList<>();
            Awaitility.await("records").pollInSameThread().atMost(LIMIT).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
                return values.size() >= count;
            });
            consumer.commitSync();
            return values;
        }
    }
}
