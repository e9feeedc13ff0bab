/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to connect, and the connection that came of it. It connects, hands what arrives to the consumer, and leaves: at once,
 * or when what it has in hand is acknowledged. A {@link Subscriber} looks after its subscriptions.
 *
 * <p>All of it runs on the supervisor's thread, except {@link #messageArrived}, {@link #disconnected} and what they call.
 */
final class Link implements MqttTransport.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private static final long ANSWER_TIMEOUT_MILLIS = 2_000;
    /** For a question that changes nothing. */
    private static final List<String> NOT_SUBSCRIBED_TO = List.of("msgstore/not-subscribed-to");

    private enum Phase {
        /** The broker has not answered yet. */
        CONNECTING,
        /** As CONNECTING, and to be left as soon as the broker has answered. */
        CONNECTING_TO_LEAVE,
        /** The broker has taken the connection. */
        CONNECTED,
        /** A DISCONNECT is on its way. */
        DISCONNECTING,
        /** The supervisor has given it up. */
        OVER
    }

    private final MqttConnection connection;
    private final String address;
    /** The broker's address as it may be shown. */
    final String shownAddress;

    final InFlight inFlight;
    final MqttTransport transport;
    /** For whatever is waited for: an answer, the end of a drain, a calm moment, the time to try again. */
    final SupervisorThread.Timer timer;

    private final List<CompletableFuture<Void>> departures = new ArrayList<>();
    private Phase phase = Phase.CONNECTING;
    private boolean everConnected;
    private long since;

    Link(MqttConnection connection, String address) throws MqttException {
        this.connection = connection;
        this.address = address;
        this.shownAddress = MqttConnection.withoutUser(address);
        this.timer = connection.thread.new Timer();
        this.inFlight = new InFlight(
                connection.component,
                connection.unsettled,
                connection.consumer::isClosing,
                this::acknowledge,
                this::broken);
        this.transport = connection.transports.create(address, connection.clientId, inFlight, this);
    }

    /** Whether the broker had taken the connection, also when it is gone by now. */
    boolean wasConnected() {
        return everConnected;
    }

    /** Nanoseconds since the broker took the connection. */
    long age() {
        return System.nanoTime() - since;
    }

    /** Whether it is neither gone nor about to go, though it may be making way for the next connection. */
    boolean isStaying() {
        return phase == Phase.CONNECTING || phase == Phase.CONNECTED;
    }

    /** Whether it is gone, about to go, or making way for the next connection. */
    boolean isLeaving() {
        return !isStaying() || inFlight.isClosed();
    }

    private void acknowledge(int packetId) throws MqttException {
        transport.acknowledge(packetId);
    }

    private void broken(String reason) {
        connection.thread.execute(() -> {
            if (isStaying()) {
                connection.status.warn(reason);
                disconnect();
            }
        });
    }

    /** Begins to connect. */
    void connect() throws MqttException {
        int most = inFlight.limit(connection.receiveMaximum());
        // a client limits the wait for the network, but not the one for the broker's answer
        int limit = connection.consumer.getEndpoint().getConfiguration().getConnectionTimeout();
        long patience = 2L * Math.max(1, limit) + 5;
        timer.set(
                () -> {
                    abandon();
                    connection.lost(this, "no answer from " + shownAddress);
                },
                TimeUnit.SECONDS.toMillis(patience));
        transport.connect(
                most,
                answer(
                        this::connected,
                        e -> connection.lost(
                                this, "can't connect to " + shownAddress + ": " + Reasons.connecting(e, address))));
    }

    private void connected(Connack connack) {
        if (phase == Phase.OVER) {
            return;
        }
        timer.cancel();
        boolean toLeave = phase == Phase.CONNECTING_TO_LEAVE || !connection.isWanted();
        phase = Phase.CONNECTED;
        everConnected = true;
        since = System.nanoTime();
        connection.status.phase("subscribing");
        LOG.info(
                "MQTT client '{}': connected to {}, session {}",
                connection.clientId,
                shownAddress,
                connack.sessionPresent() ? "resumed" : "new");
        if (connection.session.found(connack.sessionPresent())) {
            connection.component.sessionLost();
            LOG.warn(
                    "MQTT client '{}': the broker has forgotten our session and the messages that it kept for us, so"
                            + " what was published while we were away may be missing. It was restarted without"
                            + " persistence, we were away for longer than msgstore.mqtt.session-expiry, or this is"
                            + " another broker.",
                    connection.clientId);
        }
        if (toLeave) {
            disconnect();
        } else {
            inFlight.open();
            new Subscriber(connection, this, connack).begin();
        }
    }

    /** Acknowledges what it has in hand, leaves the rest to the broker, and disconnects when the broker has handled that. */
    void retire(String why) {
        inFlight.closeToNew();
        connection.status.up(false);
        connection.status.phase(why);
        LOG.info("MQTT client '{}': {}", connection.clientId, why);
        drain(new Drain(inFlight.unsettled(), System.nanoTime()));
    }

    private void drain(Drain drain) {
        if (!isStaying()) {
            return;
        }
        timer.cancel();
        // asked in this order: no message is taken in between
        boolean arriving = inFlight.isArriving();
        if (drain.isOver(arriving, inFlight.unsettled(), System.nanoTime())) {
            disconnectWhenAnswered();
        } else {
            timer.set(() -> drain(drain), MqttConnection.UNSETTLED_CHECK_MILLIS);
        }
    }

    // Artemis forgets acknowledgements that it has read and not yet handled when the connection ends. It handles an
    // UNSUBSCRIBE behind them, and answers a PINGREQ at once.
    private void disconnectWhenAnswered() {
        timer.set(this::disconnect, ANSWER_TIMEOUT_MILLIS);
        try {
            transport.unsubscribe(NOT_SUBSCRIBED_TO, answer(codes -> disconnect(), e -> disconnect()));
        } catch (MqttException e) {
            disconnect();
        }
    }

    /** @param departure is completed when it has left, or will leave without more to be done for it */
    void leave(CompletableFuture<Void> departure) {
        departures.add(departure);
        disconnect();
    }

    /** Leaves in good order: what was acknowledged before is sent before. */
    void disconnect() {
        inFlight.close();
        if (!isStaying()) {
            return;
        }
        connection.status.up(false);
        connection.status.phase("disconnecting");
        if (phase == Phase.CONNECTING) {
            // Paho can't be stopped while it connects: it is disconnected as soon as it is through, see connected()
            phase = Phase.CONNECTING_TO_LEAVE;
            if (!connection.isWanted()) {
                completeDepartures();
            }
            return;
        }
        phase = Phase.DISCONNECTING;
        timer.cancel();
        timer.set(this::gone, ANSWER_TIMEOUT_MILLIS);
        try {
            transport.disconnect(answer(nothing -> gone(), e -> gone()));
        } catch (MqttException e) {
            gone();
        }
    }

    private void gone() {
        if (phase == Phase.OVER) {
            return;
        }
        abandon();
        connection.comeBack();
    }

    /** Ends the transport, whatever it is doing. From any thread. */
    void abandon() {
        inFlight.close();
        try {
            transport.abort();
        } catch (MqttException | RuntimeException e) {
            LOG.debug("MQTT client '{}': could not be closed", connection.clientId, e);
        }
    }

    /** The supervisor gives it up: nothing that still comes of it counts. */
    void over() {
        phase = Phase.OVER;
        inFlight.close();
        timer.cancel();
        completeDepartures();
    }

    private void completeDepartures() {
        List.copyOf(departures).forEach(departure -> departure.complete(null));
    }

    /** An answer that is taken on the supervisor's thread. */
    <T> MqttTransport.Answer<T> answer(Consumer<T> success, Consumer<Throwable> failure) {
        return new MqttTransport.Answer<>() {
            @Override
            public void succeeded(T value) {
                if (!connection.thread.execute(() -> success.accept(value))) {
                    // it came through too late, and nobody looks after it any more
                    abandon();
                }
            }

            @Override
            public void failed(Throwable cause) {
                connection.thread.execute(() -> failure.accept(cause));
            }
        };
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        inFlight.arrives();
        try {
            connection.consumer.messageArrived(inFlight, topic, message);
        } catch (RuntimeException | Error e) {
            inFlight.fail(e);
            LOG.error("MQTT client '{}': message from '{}' failed", connection.clientId, topic, e);
        } finally {
            inFlight.arrives();
        }
    }

    @Override
    public void disconnected(String reason) {
        inFlight.close();
        connection.thread.execute(() -> {
            if (phase == Phase.CONNECTING_TO_LEAVE || phase == Phase.DISCONNECTING) {
                gone();
            } else {
                connection.lost(this, reason);
            }
        });
    }
}
