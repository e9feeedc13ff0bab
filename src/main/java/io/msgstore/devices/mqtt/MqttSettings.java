/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.nio.file.Path;

import org.apache.camel.CamelContext;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Component;

/**
 * What the consumers of {@code paho-mqtt5:} may be told, beside Camel's own options. They are options of the component, as
 * {@code camel.component.paho-mqtt5.share-group} and the like.
 */
public abstract class MqttSettings extends PahoMqtt5Component {

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

    MqttSettings() {}

    MqttSettings(CamelContext context) {
        super(context);
    }

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
     * Largest payload that is to be stored, in bytes; any by default. What is larger by far is not even held: of a packet above a quarter of
     * the bytes in flight, and above this, only the beginning is kept, as a {@link CutMessage}.
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
     * Whether a message is acknowledged as soon as a queue has taken it, which runs {@link io.msgstore.platform.contract.ExchangeProperties#ENQUEUED},
     * rather than when its exchange is completed; default false.
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
