/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.Properties;

import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaComponent;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.support.DefaultHeaderFilterStrategy;
import org.apache.camel.support.ExpressionAdapter;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.queue.QueueState;
import io.msgstore.devices.queue.kafka.KafkaQueue;
import io.msgstore.devices.queue.kafka.KafkaQueueComponent;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/** Binds what the routes of a queue in Kafka refer to. */
final class KafkaBeans {
    /** {@code msgstore.queue} of the queue in Kafka. */
    static final String QUEUE = "kafka";
    /** Name of the {@link KafkaQueue}, for {@code --replay-queue}, which reads no other. */
    static final String REPLAYED = "kafkaQueue";

    private static final int ANSWER_MILLIS = 3000;

    private final Platform platform;
    private final Settings settings;

    KafkaBeans(Platform platform) {
        this.platform = platform;
        this.settings = platform.settings();
    }

    /** @param state of the queue that is in Kafka: the one that is filled, or the one that is drained */
    void bind(QueueState state) {
        String clientId = settings.text("msgstore.mqtt.client-id");
        KafkaComponent component = component();
        platform.bind("kafka", component);
        platform.bind("noHeaders", noHeaders());
        platform.bind("kafka-queue", new KafkaQueueComponent(component, clientId, state));
        KafkaQueue kafka = new KafkaQueue(settings, connection(clientId + "-watch"));
        if (settings.text("msgstore.queue").equals(QUEUE)) {
            platform.bind(REPLAYED, kafka);
        }
        platform.runWithCamel(kafka);
        // "${body.topic}" costs several microseconds
        platform.bind("messageTopic", new ExpressionAdapter() {
            @Override
            public Object evaluate(Exchange exchange) {
                return exchange.getMessage().getBody(Envelope.class).topic();
            }
        });
        platform.step("kafkaLag", kafka::length);
    }

    private Properties connection(String clientId) {
        Properties connection = new Properties();
        connection.setProperty("bootstrap.servers", settings.text("msgstore.kafka.brokers"));
        connection.setProperty("client.id", clientId);
        connection.setProperty("request.timeout.ms", Integer.toString(ANSWER_MILLIS));
        connection.setProperty("default.api.timeout.ms", Integer.toString(2 * ANSWER_MILLIS));
        connection.putAll(security());
        return connection;
    }

    private KafkaComponent component() {
        KafkaConfiguration configuration = new KafkaConfiguration();
        configuration.setBrokers(settings.text("msgstore.kafka.brokers"));
        // a name that can't be found yet is waited for, as a broker that is away
        configuration.setPreValidateHostAndPort(false);
        Properties security = security();
        security.forEach(
                (name, value) -> configuration.getAdditionalProperties().put((String) name, value));
        // Camel sets its own defaults for these two
        configuration.setSecurityProtocol(security.getProperty("security.protocol"));
        configuration.setSaslMechanism(settings.text("msgstore.kafka.sasl-mechanism"));
        KafkaComponent component = new KafkaComponent();
        component.setConfiguration(configuration);
        return component;
    }

    private Properties security() {
        Properties properties = new Properties();
        String protocol = settings.text("msgstore.kafka.security-protocol");
        properties.setProperty("security.protocol", protocol);
        if (protocol.startsWith("SASL_")) {
            String mechanism = settings.text("msgstore.kafka.sasl-mechanism");
            properties.setProperty("sasl.mechanism", mechanism);
            properties.setProperty(
                    "sasl.jaas.config",
                    String.format(
                            "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";",
                            mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule",
                            quoted(settings.text("msgstore.kafka.sasl-username")),
                            quoted(settings.text("msgstore.kafka.sasl-password"))));
        }
        if (protocol.endsWith("SSL")) {
            store(properties, "truststore");
            store(properties, "keystore");
        }
        return properties;
    }

    private void store(Properties properties, String kind) {
        String key = "msgstore.kafka.tls." + kind;
        if (settings.optional(key).isEmpty()) {
            return;
        }
        String path = settings.path(key).toString();
        boolean pkcs12 = path.endsWith(".p12") || path.endsWith(".pfx");
        properties.setProperty("ssl." + kind + ".location", path);
        properties.setProperty("ssl." + kind + ".type", pkcs12 ? "PKCS12" : "PEM");
        String password = settings.text(key + "-password");
        if (!password.isEmpty()) {
            properties.setProperty(
                    pkcs12 || kind.equals("truststore") ? "ssl." + kind + ".password" : "ssl.key.password", password);
        }
    }

    private static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static HeaderFilterStrategy noHeaders() {
        // every name begins with it
        DefaultHeaderFilterStrategy all = new DefaultHeaderFilterStrategy();
        all.setInFilterStartsWith("");
        all.setOutFilterStartsWith("");
        return all;
    }
}
