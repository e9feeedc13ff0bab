/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.kafka;

import java.util.Map;
import java.util.Properties;

import org.apache.camel.Endpoint;
import org.apache.camel.component.kafka.KafkaComponent;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;

import io.msgstore.devices.queue.QueueState;

/**
 * {@code from: kafka-queue:topic} is where workers get messages from Kafka: an exchange for each, and the offsets of a batch are
 * committed when all of it is stored.
 *
 * <p>Camel's own consumer makes an exchange of each record and one more of the batch, with ten headers and a commit each, and has
 * the route split it again: several times what all other steps cost.
 */
@Component("kafka-queue")
public class KafkaQueueComponent extends DefaultComponent {
    private final KafkaComponent producers;
    private final String clientId;
    final QueueState state;

    /** @param producers Camel's own component, whose settings are for the workers, too */
    public KafkaQueueComponent(KafkaComponent producers, String clientId, QueueState state) {
        this.producers = producers;
        this.clientId = clientId;
        this.state = state;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        KafkaQueueEndpoint endpoint = new KafkaQueueEndpoint(uri, remaining, this, parameters);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** What each worker connects with; holds secrets. */
    Properties connection() {
        Properties properties = producers.getConfiguration().createConsumerProperties();
        properties.put("bootstrap.servers", producers.getConfiguration().getBrokers());
        properties.put("client.id", clientId);
        return properties;
    }
}
