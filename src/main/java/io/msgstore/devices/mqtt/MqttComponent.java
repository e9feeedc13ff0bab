/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;
import org.apache.camel.spi.annotations.Component;

/**
 * The component behind {@code paho-mqtt5:}, with a consumer that loses nothing.
 *
 * <p>Producers are Camel's own. Consumers ({@link MqttConsumer}) keep their session on the broker, take several
 * subscription filters, and acknowledge a message when its exchange completes. Broker, user, TLS and keep-alive come
 * from {@link PahoMqtt5Configuration} as ever; its options {@code cleanStart}, {@code sessionExpiryInterval},
 * {@code manualAcksEnabled}, {@code automaticReconnect} and {@code persistence} concern
 * producers only. The options of its own are those of {@link MqttSettings}.
 *
 * <p>The component's client id names the session and so belongs to the consumer alone: a producer that connected under
 * it would take the session over. A producer gets a generated id unless its URI says {@code ?clientId=}.
 */
// the name leads Camel to the option setters generated for its own component; annotations are not inherited
@Component("paho-mqtt5")
public class MqttComponent extends MqttSettings {

    private final List<MqttConsumer> consuming = new CopyOnWriteArrayList<>();
    private final AtomicLong sessionsLost = new AtomicLong();
    private final Set<String> shortfallsSaid = ConcurrentHashMap.newKeySet();

    public MqttComponent() {}

    public MqttComponent(CamelContext context) {
        super(context);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        PahoMqtt5Configuration configuration = getConfiguration().copy();
        configuration.setClientId(null);
        MqttEndpoint endpoint = new MqttEndpoint(uri, remaining, this, configuration);
        endpoint.setClient(getClient());
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** Number of connections that the started consumers want, suspended ones included. */
    public int connections() {
        return connectionStates().size();
    }

    /** Number of connections that are connected, and granted every subscription, at this moment. */
    public int connected() {
        return (int)
                connectionStates().stream().filter(ConnectionState::connected).count();
    }

    /**
     * What the broker said to an attempt to connect.
     *
     * @param problem why there is no connection; null when there is one
     * @param shortfalls what it does not grant that was asked for, in sentences
     */
    public record Answer(String problem, List<String> shortfalls) {}

    /**
     * Connects to the broker once, with our user and TLS but a client id and a session of its own, and leaves again.
     */
    public Answer check() {
        return new BrokerCheck(getCamelContext().getEndpoint("paho-mqtt5:check", MqttEndpoint.class)).run();
    }

    /**
     * Makes every connection that is up anew, and subscribes again. Gentle: what is in hand is acknowledged before, and
     * what the broker sends meanwhile it sends again. Returns at once.
     */
    public void renew() {
        consuming.forEach(MqttConsumer::renew);
    }

    /** How often the broker had forgotten a session of ours when we came back to it. */
    public long sessionsLost() {
        return sessionsLost.get();
    }

    void sessionLost() {
        sessionsLost.incrementAndGet();
    }

    /** What the broker does not grant that was asked for, in sentences; null where it grants all. */
    public String shortfall() {
        String sentences = connectionStates().stream()
                .flatMap(state -> state.shortfalls().stream())
                .distinct()
                .collect(Collectors.joining("; "));
        return sentences.isEmpty() ? null : sentences;
    }

    /**
     * Whether the broker keeps what is published while no connection is up: subscriptions have QoS 1, and the session does
     * not end with the connection.
     */
    public boolean isKept() {
        return getConfiguration().getQos() > 0
                && sessionExpirySeconds > 0
                && connectionStates().stream().allMatch(ConnectionState::kept);
    }

    /** Whether nobody has said so: connections to one broker have the same to say. */
    boolean isNewShortfall(String sentence) {
        return shortfallsSaid.add(sentence);
    }

    void shortfallIsOver(String sentence) {
        shortfallsSaid.remove(sentence);
    }

    /** What is to be known of each connection that the started consumers want. */
    public List<ConnectionState> connectionStates() {
        return consuming.stream().flatMap(MqttConsumer::connectionStates).toList();
    }

    /** One line for the health check: each connection's state and last error. Holds no secret. */
    public String state() {
        return consuming.isEmpty()
                ? "no consumer"
                : connectionStates().stream().map(ConnectionState::line).collect(Collectors.joining("; "));
    }

    /**
     * Notes a started consumer.
     *
     * @throws IllegalArgumentException if another one uses its client id: the two would throw each other out for ever
     */
    void add(MqttConsumer consumer) {
        for (MqttConsumer other : consuming) {
            if (other != consumer && other.clientId().equals(consumer.clientId())) {
                throw new IllegalArgumentException("MQTT client id '" + consumer.clientId()
                        + "' is used by another consumer: give one of them its own with ?clientId=");
            }
        }
        consuming.add(consumer);
    }

    void remove(MqttConsumer consumer) {
        consuming.remove(consumer);
    }
}
