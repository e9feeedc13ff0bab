/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;

import org.eclipse.paho.mqttv5.common.MqttException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that one connection subscribes to what is wanted, and to nothing else: asks the broker, waits for its answers, and tries
 * again. {@link Subscriptions} decides what to ask for. Where something can wait, it waits for a calm moment: all that arrived is
 * settled, and nothing has arrived for a second.
 *
 * <p>MQTT settles the receive maximum when it connects. So a connection that had to ask for less than nine tenths of it is made
 * anew once the messages that it had to leave room for are settled. It is retired for that: what arrives is left to the broker, what
 * it has in hand is acknowledged, and then it leaves.
 *
 * <p>All of it runs on the supervisor's thread.
 */
final class Subscriber {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private static final String RENEWING = "renewing the connection";
    private static final long CALM_CHECK_MILLIS = 1_000;
    private static final int BUSY_SECONDS = 30;

    private final MqttConnection connection;
    private final Link link;
    private final Subscriptions subscriptions;
    private final Backoff backoff;

    Subscriber(MqttConnection connection, Link link, Connack connack) {
        this.connection = connection;
        this.link = link;
        this.backoff = new Backoff(connection.component);
        int qos =
                Math.min(1, connection.consumer.getEndpoint().getConfiguration().getQos());
        List<String> wanted = connection.filters;
        this.subscriptions = new Subscriptions(wanted, connection.session.stale(wanted), connack, qos);
    }

    /** Subscribes to what need not wait; the rest follows. */
    void begin() {
        connection.session.subscribing(connection.filters);
        if (subscriptions.atOnce.isEmpty()) {
            subscribed();
        } else {
            subscribe(subscriptions.atOnce);
        }
    }

    private void subscribe(List<String> filters) {
        Subscriptions.Packet packet = subscriptions.packet(filters);
        if (link.isLeaving()) {
            return;
        }
        if (packet.filters().isEmpty()) {
            subscribed();
        } else {
            subscribe(packet);
        }
    }

    private void subscribe(Subscriptions.Packet packet) {
        try {
            awaitAnswer(link.inFlight.arrivals());
            link.transport.subscribe(
                    packet.filters(),
                    subscriptions.qos,
                    link.answer(
                            codes -> answered(packet, codes),
                            e -> refused(packet.restFirst(), "subscription failed: " + Reasons.of(e))));
        } catch (MqttException | RuntimeException e) {
            refused(packet.restFirst(), "can't subscribe: " + Reasons.of(e));
        }
    }

    // while messages keep arriving, or the route blocks, the answer waits behind them and the broker is well
    private void awaitAnswer(long arrivalsBefore) {
        link.timer.cancel();
        link.timer.set(
                () -> {
                    long now = link.inFlight.arrivals();
                    if (now != arrivalsBefore || now % 2 == 1) {
                        awaitAnswer(now);
                    } else {
                        connection.status.warn("no answer to the subscription");
                        link.disconnect();
                    }
                },
                connection.component.subscribeTimeout);
    }

    private void answered(Subscriptions.Packet packet, int[] codes) {
        if (link.isLeaving()) {
            return;
        }
        link.timer.cancel();
        Subscriptions.Refusal refusal = subscriptions.answered(packet, codes);
        if (refusal != null) {
            refused(refusal.filters(), "broker refuses the subscription to " + refusal.reason());
            return;
        }
        LOG.info("MQTT client '{}': subscribed to {}", connection.clientId, String.join(", ", packet.filters()));
        if (packet.rest().isEmpty()) {
            subscribed();
        } else {
            subscribe(packet.rest());
        }
    }

    // stays connected: the other filters are served while these are tried again
    private void refused(List<String> denied, String reason) {
        if (link.isLeaving()) {
            return;
        }
        link.timer.cancel();
        connection.status.up(false);
        connection.status.phase("connected, not subscribed");
        connection.status.warn(reason);
        link.timer.set(() -> subscribe(denied), backoff.next());
    }

    private void subscribed() {
        MqttComponent component = connection.component;
        List<String> shortfalls =
                subscriptions.shortfalls(connection.clientId, component.sessionExpirySeconds, component.retainedWanted);
        connection.status.granted(shortfalls, subscriptions.isKept());
        if (subscriptions.unsubscribable != null) {
            link.timer.cancel();
            connection.status.up(false);
            connection.status.phase("connected, not subscribed to all");
            connection.status.warn(subscriptions.unsubscribable);
            return;
        }
        connection.status.up(true);
        connection.status.phase("connected to " + link.shownAddress);
        connection.status.forgetWarning();
        awaitCalm(link.inFlight.arrivals(), 0);
    }

    // looks every second, while there is something to be done that can wait
    private void awaitCalm(long arrivalsBefore, int busySeconds) {
        if (isReduced()) {
            connection.status.phase("connected to " + link.shownAddress + ", for " + link.inFlight.receiveMaximum()
                    + " messages at a time until older ones are stored");
        }
        if (isReduced() || !subscriptions.stale.isEmpty()) {
            link.timer.set(() -> look(arrivalsBefore, busySeconds), CALM_CHECK_MILLIS);
        }
    }

    private void look(long arrivalsBefore, int busySeconds) {
        if (link.isLeaving()) {
            return;
        }
        long now = link.inFlight.arrivals();
        boolean idle = now == arrivalsBefore;
        if (isReduced() && link.inFlight.isAlone()) {
            link.retire(RENEWING);
        } else if (!isReduced() && idle && link.inFlight.unsettled() == 0) {
            if (subscriptions.later.isEmpty()) {
                unsubscribe(subscriptions.stale);
            } else {
                subscribe(subscriptions.takeLater());
            }
        } else {
            if (busySeconds == BUSY_SECONDS) {
                LOG.warn(
                        "MQTT client '{}': still subscribed to {} until no message arrives for a second; {}",
                        connection.clientId,
                        String.join(", ", subscriptions.stale),
                        subscriptions.later.isEmpty()
                                ? "msgstore.exclude-topics keeps them out meanwhile"
                                : "then to " + String.join(", ", subscriptions.later));
            }
            awaitCalm(now, isReduced() ? 0 : busySeconds + 1);
        }
    }

    private boolean isReduced() {
        return link.inFlight.isReduced(connection.receiveMaximum());
    }

    private void unsubscribe(List<String> stale) {
        try {
            link.transport.unsubscribe(
                    stale,
                    link.answer(codes -> unsubscribed(stale, codes), e -> stillSubscribed(stale, Reasons.of(e))));
        } catch (MqttException | RuntimeException e) {
            stillSubscribed(stale, Reasons.of(e));
        }
    }

    private void unsubscribed(List<String> stale, int[] codes) {
        if (!link.isStaying()) {
            return;
        }
        if (Subscriptions.isRefused(codes)) {
            stillSubscribed(stale, "refused");
            return;
        }
        connection.session.unsubscribed(stale);
        LOG.info("MQTT client '{}': unsubscribed from {}", connection.clientId, String.join(", ", stale));
        // Artemis ends the delivery of "$share/g/a" along with that of "a"; a new connection begins it again
        link.retire(RENEWING);
    }

    private void stillSubscribed(List<String> stale, String reason) {
        if (link.isStaying()) {
            connection.status.warn("can't unsubscribe from " + String.join(", ", stale) + ": " + reason);
            // not cancelled before: it may be a drain's, which cancels this one
            link.timer.set(() -> unsubscribe(stale), backoff.next());
        }
    }
}
