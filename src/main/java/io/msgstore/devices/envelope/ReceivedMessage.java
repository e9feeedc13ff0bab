/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.util.List;

import io.msgstore.platform.tracing.Tracing;

/** A message as it came: what a source tells about it. Anything but topic and payload may be left out. */
public final class ReceivedMessage {
    final String topic;
    final byte[] payload;
    int cutFrom;
    long receivedAt = System.currentTimeMillis();
    int qos = -1;
    boolean retained;
    boolean redelivered;
    String clientId;
    String username;
    String protocol;
    String traceId;
    List<String[]> userProperties = List.of();

    /**
     * @param topic the topic it was published to
     * @param payload its bytes, not copied
     */
    public ReceivedMessage(String topic, byte[] payload) {
        this.topic = topic;
        this.payload = payload;
    }

    /** @param millis milliseconds since the epoch; now if not set */
    public ReceivedMessage receivedAt(long millis) {
        this.receivedAt = millis;
        return this;
    }

    /** @param payloadBytes of the payload as it was sent, where only its beginning is there; 0 where all of it is */
    public ReceivedMessage cutFrom(int payloadBytes) {
        this.cutFrom = payloadBytes;
        return this;
    }

    /** @param value MQTT's quality of service, 0 to 2; below 0, as when it is not set, the envelope tells neither it nor {@link #retained} */
    public ReceivedMessage qos(int value) {
        this.qos = value;
        return this;
    }

    public ReceivedMessage retained(boolean value) {
        this.retained = value;
        return this;
    }

    /** @param value whether the broker says that it may have delivered this message before */
    public ReceivedMessage redelivered(boolean value) {
        this.redelivered = value;
        return this;
    }

    public ReceivedMessage protocol(String value) {
        this.protocol = value;
        return this;
    }

    /** @param value the publisher's client id; may be null */
    public ReceivedMessage clientId(String value) {
        this.clientId = value;
        return this;
    }

    /** @param value the publisher's user name; may be null */
    public ReceivedMessage username(String value) {
        this.username = value;
        return this;
    }

    /** @param value the trace id that it has already; its envelope gets a new one when it is null */
    public ReceivedMessage traceId(String value) {
        this.traceId = value;
        return this;
    }

    /** @param value a {@code traceparent}, whose trace the message is in unless it has a trace id of its own */
    public ReceivedMessage parent(String value) {
        if (traceId == null) {
            traceId = Tracing.traceId(value).orElse(null);
        }
        return this;
    }

    /**
     * @param pairs name and value each; {@code username}, {@code client_id}, {@code trace_id} and {@code traceparent} are
     *     looked for
     */
    public ReceivedMessage userProperties(List<String[]> pairs) {
        this.userProperties = pairs;
        for (String[] pair : pairs) {
            switch (pair[0]) {
                case "username" -> username = pair[1];
                case "client_id" -> clientId = pair[1];
                case "trace_id" -> traceId = pair[1];
                case Tracing.PARENT -> parent(pair[1]);
                default -> {
                    // carried in the envelope, of no meaning to msgstore
                }
            }
        }
        return this;
    }
}
