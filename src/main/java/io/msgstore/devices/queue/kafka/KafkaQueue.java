/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.camel.Exchange;
import org.apache.camel.support.service.ServiceSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.Settings;

/** What the routes of the queue in Kafka need beside Camel's component: the topic and its lag. */
public final class KafkaQueue extends ServiceSupport {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaQueue.class);
    private static final long ANSWER_SECONDS = 5;

    final String topic;
    private final Settings settings;
    final Properties connection;
    private Admin admin;
    private boolean topicThere;

    /** @param connection brokers and security settings, by Kafka's names; holds secrets */
    public KafkaQueue(Settings settings, Properties connection) {
        this.settings = settings;
        this.connection = connection;
        topic = settings.text("msgstore.queue.kafka.topic");
    }

    /**
     * A step that sets the body to the lag of the consumer group: messages that are not yet stored. Creates the topic first
     * where that is wanted.
     */
    public synchronized void length(Exchange exchange) throws InterruptedException {
        exchange.getMessage().setBody(length());
    }

    /**
     * The lag of the consumer group.
     *
     * @throws KafkaException when the brokers don't answer in time, or refuse
     */
    public synchronized long length() throws InterruptedException {
        try {
            return lag();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                topicThere = false;
            }
            throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
        } catch (TimeoutException e) {
            throw new KafkaException("no answer in " + ANSWER_SECONDS + " s", e);
        }
    }

    private long lag() throws InterruptedException, ExecutionException, TimeoutException {
        if (admin == null) {
            admin = Admin.create(connection);
        }
        if (!topicThere) {
            create();
        }
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
        admin.describeTopics(List.of(topic))
                .topicNameValues()
                .get(topic)
                .get(ANSWER_SECONDS, TimeUnit.SECONDS)
                .partitions()
                .forEach(partition -> {
                    TopicPartition one = new TopicPartition(topic, partition.partition());
                    latest.put(one, OffsetSpec.latest());
                    earliest.put(one, OffsetSpec.earliest());
                });
        topicThere = true;
        // first what is committed: what arrives meanwhile makes the answer too high, not too low
        var committed = admin.listConsumerGroupOffsets(settings.text("msgstore.queue.kafka.group"))
                .partitionsToOffsetAndMetadata()
                .get(ANSWER_SECONDS, TimeUnit.SECONDS);
        var begin = admin.listOffsets(earliest).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        var end = admin.listOffsets(latest).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        long lag = 0;
        for (TopicPartition partition : latest.keySet()) {
            OffsetAndMetadata offset = committed.get(partition);
            long from = begin.get(partition).offset();
            // what retention has deleted before it was stored is not there any more
            lag += end.get(partition).offset() - (offset == null ? from : Math.max(from, offset.offset()));
        }
        return lag;
    }

    private void create() throws InterruptedException, ExecutionException, TimeoutException {
        if (!settings.flag("msgstore.queue.kafka.create-topic")) {
            return;
        }
        int partitions = settings.number("msgstore.queue.kafka.partitions");
        try {
            short replication = (short) settings.number("msgstore.queue.kafka.replication");
            admin.createTopics(List.of(new NewTopic(topic, partitions, replication)))
                    .all()
                    .get(ANSWER_SECONDS, TimeUnit.SECONDS);
            LOG.info("Topic {} created in Kafka, {} partitions", topic, partitions);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    @Override
    protected synchronized void doStop() {
        if (admin != null) {
            admin.close(Duration.ofSeconds(1));
            admin = null;
        }
    }
}
