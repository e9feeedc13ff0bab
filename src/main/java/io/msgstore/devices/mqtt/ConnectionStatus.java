/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.Secrets;

/**
 * What people are told of one connection: on the page, in the health check, and in the log of what goes wrong. Written by the
 * supervisor's thread, read by any.
 */
final class ConnectionStatus {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private final String clientId;
    private final MqttComponent component;

    private volatile String phase = "not connected";
    private volatile String lastError;
    private volatile boolean up;
    private volatile String changedAt = now();
    private volatile String lastErrorAt;
    private volatile List<String> shortfalls = List.of();
    private volatile boolean kept = true;
    private String warned;

    ConnectionStatus(String clientId, MqttComponent component) {
        this.clientId = clientId;
        this.component = component;
    }

    /** Whether the connection is there, and every subscription granted. */
    boolean isUp() {
        return up;
    }

    void up(boolean value) {
        if (up != value) {
            changedAt = now();
        }
        up = value;
    }

    /** @param phase what the connection does now */
    void phase(String phase) {
        this.phase = phase;
    }

    /** Notes an error, and logs it unless it is the one that was logged last. */
    void warn(String reason) {
        lastError = reason;
        lastErrorAt = now();
        if (!reason.equals(warned)) {
            warned = reason;
            LOG.warn("MQTT client '{}': {}; trying again", clientId, reason);
        }
    }

    /** The next error is logged in any case. */
    void forgetWarning() {
        warned = null;
    }

    /**
     * Notes what the broker grants. A shortfall is logged once, not with each reconnect, and by one connection of several.
     *
     * @param now where the broker grants less than was asked for, in sentences
     * @param kept whether the broker keeps what is published while the connection is away
     */
    void granted(List<String> now, boolean kept) {
        if (!shortfalls.isEmpty() && now.isEmpty()) {
            LOG.info("MQTT client '{}': the broker grants all that is asked for", clientId);
        }
        shortfalls.stream().filter(sentence -> !now.contains(sentence)).forEach(component::shortfallIsOver);
        shortfalls = List.copyOf(now);
        now.stream()
                .filter(component::isNewShortfall)
                .forEach(sentence -> LOG.warn("MQTT client '{}': {}", clientId, sentence));
        this.kept = kept;
    }

    /**
     * All of it at this moment.
     *
     * @param inFlight messages received and not yet acknowledged
     * @param receiveMaximum most messages that the broker may leave unacknowledged
     */
    ConnectionState state(int inFlight, int receiveMaximum) {
        return new ConnectionState(
                clientId,
                up,
                Secrets.mask(phase),
                changedAt,
                Secrets.mask(lastError),
                lastErrorAt,
                inFlight,
                receiveMaximum,
                shortfalls,
                kept);
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
