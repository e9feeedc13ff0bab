/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Component;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;
import org.apache.camel.spi.annotations.Component;

/**
 * The component behind {@code paho-mqtt5:}, with a consumer that loses nothing.
 *
 * <p>Producers are Camel's own. Consumers ({@link MqttConsumer}) keep their session on the broker, take several
 * subscription filters, and acknowledge a message when its exchange completes. Broker, user, TLS and keep-alive come
 * from {@link PahoMqtt5Configuration} as ever; its options {@code cleanStart}, {@code sessionExpiryInterval},
 * {@code manualAcksEnabled}, {@code automaticReconnect} and {@code persistence} concern
 * producers only.
 *
 * <p>The component's client id names the session and so belongs to the consumer alone: a producer that connected under
 * it would take the session over. A producer gets a generated id unless its URI says {@code ?clientId=}.
 */
// the name leads Camel to the option setters generated for its own component; annotations are not inherited
@Component("paho-mqtt5")
public class MqttComponent extends PahoMqtt5Component {
    private static final long MAX_SESSION_EXPIRY_SECONDS = 0xFFFF_FFFFL;

    int consumers = 1;
    String shareGroup;
    long sessionExpirySeconds = 7 * 24 * 3600;
    int enoughInFlight = Integer.MAX_VALUE;
    InFlightBytes inFlightBytes = new InFlightBytes(Long.MAX_VALUE);
    private int maxPayloadBytes = Integer.MAX_VALUE;
    boolean acknowledgeOnEnqueue;
    long reconnectDelay = 200;
    long reconnectDelayMax = 30_000;
    long subscribeTimeout = 30_000;
    Path sessionFolder;
    String furtherTopic;
    boolean traced;
    boolean retainedWanted;

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

    // what the consumers may be told beside Camel's own options

    /**
     * Connections per consumer; default 1. Above 1 they use the client ids {@code <id>-1} to {@code <id>-n} and one
     * shared subscription, so that the broker gives each message to one of them. Order is kept per connection only.
     *
     * @throws IllegalArgumentException below 1
     */
    public void setConsumers(int consumers) {
        if (consumers < 1) {
            throw new IllegalArgumentException("consumers must be 1 or more: " + consumers);
        }
        this.consumers = consumers;
    }

    /**
     * Group of the shared subscription, {@code $share/<group>/<filter>}; default none. Several instances with the same
     * group share the messages. Where there are several consumers and no group, the group is the client id.
     */
    public void setShareGroup(String shareGroup) {
        this.shareGroup = shareGroup == null || shareGroup.isBlank() ? null : shareGroup.trim();
    }

    /**
     * Seconds for which the broker keeps the session, and the messages in it, while the consumer is away; default 7
     * days; 4294967295 is for ever.
     *
     * @throws IllegalArgumentException outside 0 to 4294967295
     */
    public void setSessionExpirySeconds(long sessionExpirySeconds) {
        if (sessionExpirySeconds < 0 || sessionExpirySeconds > MAX_SESSION_EXPIRY_SECONDS) {
            throw new IllegalArgumentException(
                    "sessionExpirySeconds must be 0 to " + MAX_SESSION_EXPIRY_SECONDS + ": " + sessionExpirySeconds);
        }
        this.sessionExpirySeconds = sessionExpirySeconds;
    }

    /**
     * Messages that the broker may leave unacknowledged on each connection; default 65,535, which is the most that MQTT
     * allows: a larger value is cut to that. The same as the option of Camel's configuration. Many brokers cap it
     * further by a setting of their own.
     *
     * @throws IllegalArgumentException below 1
     */
    public void setReceiveMaximum(int receiveMaximum) {
        if (receiveMaximum < 1) {
            throw new IllegalArgumentException("receiveMaximum must be 1 or more: " + receiveMaximum);
        }
        getConfiguration().setReceiveMaximum(Math.min(receiveMaximum, MqttEndpoint.MAX_RECEIVE_MAXIMUM));
    }

    /**
     * Messages in flight of each connection that keep everyone busy; default any number. With as many, no more are read
     * until some are acknowledged, as long as that goes on; where it stops, they are read up to the receive maximum.
     * What is read ahead costs memory, and time for moving it there.
     */
    public void setEnoughInFlight(int enoughInFlight) {
        this.enoughInFlight = Math.max(1, enoughInFlight);
    }

    /** The bytes that all connections together may have in flight; any number by default. */
    public void setInFlightBytes(InFlightBytes inFlightBytes) {
        this.inFlightBytes = inFlightBytes;
    }

    /**
     * Largest payload that is to be stored, in bytes; any by default. Of a packet that is above this and above a quarter of the bytes in
     * flight only the beginning is kept, as a {@link CutMessage}.
     */
    public void setMaxPayloadBytes(int maxPayloadBytes) {
        this.maxPayloadBytes = maxPayloadBytes;
    }

    /** The largest PUBLISH packet that is kept whole, in bytes. */
    long largestKept() {
        long limit = inFlightBytes.limit();
        return Math.max(limit / 4, Math.min(limit, (long) maxPayloadBytes + CutMessage.KEPT_BYTES));
    }

    /**
     * Whether a message is acknowledged as soon as a queue has taken it, and not when its exchange is completed; default false. The queue
     * runs {@link io.msgstore.platform.contract.ExchangeProperties#ENQUEUED}.
     */
    public void setAcknowledgeOnEnqueue(boolean acknowledgeOnEnqueue) {
        this.acknowledgeOnEnqueue = acknowledgeOnEnqueue;
    }

    /** Milliseconds before the first attempt to reconnect; doubled with each further one; default 200. */
    public void setReconnectDelay(long reconnectDelay) {
        this.reconnectDelay = Math.max(1, reconnectDelay);
    }

    /** Most milliseconds between two attempts to reconnect; default 30,000. */
    public void setReconnectDelayMax(long reconnectDelayMax) {
        this.reconnectDelayMax = Math.max(1, reconnectDelayMax);
    }

    /**
     * Milliseconds that the broker has for its answer to a subscription, while it sends nothing else either; default
     * 30,000. Then the connection is made anew.
     */
    public void setSubscribeTimeout(long subscribeTimeout) {
        this.subscribeTimeout = Math.max(1, subscribeTimeout);
    }

    /**
     * Folder for what is known of our sessions on the broker, so that the next start knows it too; default none. It is
     * made when it is needed, and may be one that can't be written.
     */
    public void setSessionFolder(Path sessionFolder) {
        this.sessionFolder = sessionFolder;
    }

    /** A topic that consumers subscribe to as well, unless their filters cover it; default none. */
    public void setFurtherTopic(String furtherTopic) {
        this.furtherTopic = furtherTopic;
    }

    /** Whether retained messages are wanted; {@code false} if not set. */
    public void setRetainedWanted(boolean retainedWanted) {
        this.retainedWanted = retainedWanted;
    }

    /** Whether a publisher's trace is taken over; {@code false} if not set. */
    public void setTraced(boolean traced) {
        this.traced = traced;
    }
}
