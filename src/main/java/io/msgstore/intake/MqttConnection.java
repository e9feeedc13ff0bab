/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one client connected and subscribed, for as long as it is wanted.
 *
 * <p>Each attempt uses a new client (a {@link Link}), see {@link MqttTransport.Factory} and {@link PahoTransport} for the reasons.
 *
 * <p>Messages of an earlier connection may still be on their way to the database, and the broker delivers them again on the
 * next one. So that the two together stay within the receive maximum, and with it within the queue, the next connection
 * waits for them: for a few seconds until none is left, which is all it takes while the database is well, and for as long
 * as it takes until at most half of the receive maximum is left; it then asks for the rest only. Otherwise a lost
 * connection during an outage of the database would fill the queue, and its policy would drop messages that the broker
 * could have kept.
 *
 * <p>MQTT settles the receive maximum when it connects. So a connection that had to ask for less than nine tenths of it is
 * made anew once the messages that it had to leave room for are settled. It is retired for that: what arrives is left to
 * the broker, what it has in hand is acknowledged, and then it leaves.
 *
 * <p>Everything here except the volatile state runs on the supervisor's single thread.
 */
final class MqttConnection {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    // a connection that lasted this long was sound: the next loss starts at the shortest delay again
    private static final long SOUND_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long DISCONNECT_TIMEOUT_MILLIS = 2_000;
    private static final long UNSETTLED_CHECK_MILLIS = 100;
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long CALM_CHECK_MILLIS = 1_000;
    private static final int BUSY_SECONDS = 30;

    private final MqttConsumer consumer;
    private final SupervisorThread thread;
    private final MqttTransport.Factory transports;
    private final String clientId;
    private final List<String> filters;
    private final List<String> urls;
    private final KnownSession session;

    private final ConnectionStatus status;
    private final Backoff backoff;
    private final AtomicInteger unsettled = new AtomicInteger();

    private boolean wanted;
    private Link link;
    private final SupervisorThread.Timer retry;
    private int url;
    private long settleUntil;

    MqttConnection(
            MqttConsumer consumer,
            ScheduledExecutorService supervisor,
            MqttTransport.Factory transports,
            String clientId,
            List<String> filters) {
        this.consumer = consumer;
        this.thread = new SupervisorThread(supervisor, clientId, this::failed);
        this.transports = transports;
        this.clientId = clientId;
        this.filters = filters;
        this.urls = consumer.getEndpoint().urls();
        MqttComponent component = consumer.getEndpoint().getComponent();
        this.session = new KnownSession(component.getSessionFolder(), clientId);
        this.status = new ConnectionStatus(clientId, component);
        this.backoff = new Backoff(component);
        this.retry = thread.new Timer();
    }

    /** Connects and stays connected until {@link #leave}; returns at once. */
    void join() {
        thread.execute(() -> {
            if (!wanted) {
                wanted = true;
                backoff.reset();
                status.forgetWarning();
                if (link == null) {
                    open();
                }
            }
        });
    }

    /**
     * Disconnects at once and stays away until {@link #join}; the broker keeps the session. Returns at once.
     *
     * @return completes when the client has left
     */
    CompletableFuture<Void> leave() {
        CompletableFuture<Void> departure = new CompletableFuture<>();
        unwanted(departure, () -> {
            link.departures.add(departure);
            link.disconnect();
        });
        return departure;
    }

    /**
     * Takes no more in, and leaves when what it has in hand is acknowledged, or nothing of it was for a few seconds. What the
     * broker delivers again fills the queue again: where the database is slow, nobody would ever get on. Returns at once.
     *
     * @return completes when no more is taken in
     */
    CompletableFuture<Void> retire() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        unwanted(closed, () -> {
            if (!link.connected) {
                link.disconnect();
            } else if (!link.inFlight.isClosed()) {
                link.retire("leaving the broker");
            }
            closed.complete(null);
        });
        return closed;
    }

    private void unwanted(CompletableFuture<Void> done, Runnable part) {
        boolean running = thread.execute(() -> {
            wanted = false;
            retry.cancel();
            if (link == null) {
                status.phase("not connected");
                done.complete(null);
            } else {
                part.run();
            }
        });
        if (!running) {
            done.complete(null);
        }
    }

    /** Connects and subscribes anew, if it is connected and subscribed; returns at once. */
    void renew() {
        thread.execute(() -> {
            if (status.isUp()) {
                link.retire("renewing the connection");
            }
        });
    }

    boolean isUp() {
        return status.isUp();
    }

    ConnectionState connectionState() {
        return status.state(unsettled.get(), receiveMaximum());
    }

    /** One line for the health check. */
    String state() {
        return status.line();
    }

    /** The address as it may be logged. */
    static String withoutUser(String url) {
        return url.replaceFirst("//[^@/]*@", "//***@");
    }

    private void open() {
        retry.cancel();
        if (!wanted || link != null) {
            return;
        }
        int left = unsettled.get();
        InFlightBytes bytes = consumer.getEndpoint().getComponent().getInFlightBytes();
        boolean full = left > receiveMaximum() / 2 || bytes.used() > bytes.limit() / 2;
        if (left > 0 && (full || System.nanoTime() - settleUntil < 0)) {
            status.phase("waiting until " + left + " messages of the last connection are stored");
            retry.set(this::open, UNSETTLED_CHECK_MILLIS);
            return;
        }
        status.phase("connecting");
        String address = urls.get(url);
        try {
            link = new Link(address);
            link.connect();
        } catch (MqttException | RuntimeException e) {
            lost(link, "can't connect to " + withoutUser(address) + ": " + Reasons.connecting(e, address));
        }
    }

    private int receiveMaximum() {
        return Math.min(
                MqttEndpoint.MAX_RECEIVE_MAXIMUM,
                consumer.getEndpoint().getConfiguration().getReceiveMaximum());
    }

    // the connection could not be made or is gone
    private void lost(Link which, String reason) {
        if (which != link) {
            return;
        }
        if (wanted) {
            status.warn((status.isUp() ? "lost the broker: " : "") + reason);
        }
        comeBack();
    }

    // the link is over; makes the next one, when it is time, if one is wanted
    private void comeBack() {
        boolean connected = link != null && link.connected;
        if (connected && System.nanoTime() - link.since > SOUND_NANOS) {
            backoff.reset();
        }
        close();
        if (!wanted) {
            return;
        }
        if (connected) {
            url = 0;
        } else {
            url = (url + 1) % urls.size();
            if (url != 0) {
                open();
                return;
            }
        }
        status.phase("waiting to reconnect");
        retry.set(this::open, backoff.next());
    }

    private void close() {
        status.up(false);
        status.phase("not connected");
        Link closed = link;
        link = null;
        if (closed != null) {
            if (closed.connected) {
                settleUntil = System.nanoTime() + SETTLE_NANOS;
            }
            closed.inFlight.close();
            closed.timeout.cancel();
            closed.departures.forEach(departure -> departure.complete(null));
        }
    }

    // a task of the supervisor's thread threw
    private void failed(Throwable e) {
        Link failed = link;
        if (failed != null) {
            failed.abandon();
        }
        lost(failed, Reasons.of(e));
    }

    /** One attempt to connect, and the connection that came of it. */
    final class Link implements MqttTransport.Listener {

        private final String address;
        private final MqttTransport transport;
        private final InFlight inFlight;
        private final List<CompletableFuture<Void>> departures = new ArrayList<>();
        private boolean connected;
        private boolean disconnecting;
        private long since;
        private final Backoff refusals = new Backoff(consumer.getEndpoint().getComponent());
        private Subscriptions subscriptions;
        private final SupervisorThread.Timer timeout = thread.new Timer();

        Link(String address) throws MqttException {
            this.address = address;
            inFlight = new InFlight(
                    consumer.getEndpoint().getComponent(),
                    unsettled,
                    consumer::isClosing,
                    this::acknowledge,
                    this::broken);
            transport = transports.create(address, clientId, inFlight, this);
        }

        private void acknowledge(int packetId) throws MqttException {
            transport.acknowledge(packetId);
        }

        private void broken(String reason) {
            thread.execute(() -> {
                if (link == this && !disconnecting) {
                    status.warn(reason);
                    disconnect();
                }
            });
        }

        private void connect() throws MqttException {
            int most = inFlight.limit(receiveMaximum());
            // a client limits the wait for the network, but not the one for the broker's answer
            int limit = consumer.getEndpoint().getConfiguration().getConnectionTimeout();
            long patience = 2L * Math.max(1, limit) + 5;
            timeout.set(
                    () -> {
                        abandon();
                        lost(this, "no answer from " + withoutUser(address));
                    },
                    TimeUnit.SECONDS.toMillis(patience));
            transport.connect(
                    most,
                    answer(
                            this::connected,
                            e -> lost(
                                    this,
                                    "can't connect to " + withoutUser(address) + ": "
                                            + Reasons.connecting(e, address))));
        }

        private void connected(Connack connack) {
            if (link != this) {
                return;
            }
            timeout.cancel();
            connected = true;
            since = System.nanoTime();
            status.phase("subscribing");
            LOG.info(
                    "MQTT client '{}': connected to {}, session {}",
                    clientId,
                    withoutUser(address),
                    connack.sessionPresent() ? "resumed" : "new");
            if (session.found(connack.sessionPresent())) {
                consumer.getEndpoint().getComponent().sessionLost();
                LOG.warn(
                        "MQTT client '{}': the broker has forgotten our session and the messages that it kept for us, so"
                                + " what was published while we were away may be missing. It was restarted without"
                                + " persistence, we were away for longer than msgstore.mqtt.session-expiry, or this is"
                                + " another broker.",
                        clientId);
            }
            if (disconnecting || !wanted) {
                disconnecting = false;
                disconnect();
            } else {
                inFlight.open();
                subscribe(connack);
            }
        }

        private void subscribe(Connack connack) {
            int qos = Math.min(1, consumer.getEndpoint().getConfiguration().getQos());
            subscriptions = new Subscriptions(filters, session.stale(filters), connack, qos);
            session.subscribing(filters);
            if (subscriptions.atOnce().isEmpty()) {
                subscribed();
            } else {
                subscribe(subscriptions.atOnce());
            }
        }

        private void subscribe(List<String> to) {
            Subscriptions.Packet packet = subscriptions.packet(to);
            if (isLeaving()) {
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
                awaitSubscription(inFlight.arrivals());
                transport.subscribe(
                        packet.filters(),
                        subscriptions.qos(),
                        answer(
                                codes -> subscribed(packet, codes),
                                e -> refused(packet.restFirst(), "subscription failed: " + Reasons.of(e))));
            } catch (MqttException | RuntimeException e) {
                refused(packet.restFirst(), "can't subscribe: " + Reasons.of(e));
            }
        }

        // While messages keep arriving, or the route blocks, the answer waits behind them and the broker is well.
        private void awaitSubscription(long arrivalsBefore) {
            timeout.cancel();
            timeout.set(
                    () -> {
                        long now = inFlight.arrivals();
                        if (now != arrivalsBefore || now % 2 == 1) {
                            awaitSubscription(now);
                        } else {
                            status.warn("no answer to the subscription");
                            disconnect();
                        }
                    },
                    consumer.getEndpoint().getComponent().getSubscribeTimeout());
        }

        private void subscribed(Subscriptions.Packet packet, int[] codes) {
            if (isLeaving()) {
                return;
            }
            timeout.cancel();
            Subscriptions.Refusal refusal = subscriptions.answered(packet, codes);
            if (refusal != null) {
                refused(refusal.filters(), "broker refuses the subscription to " + refusal.reason());
                return;
            }
            LOG.info("MQTT client '{}': subscribed to {}", clientId, String.join(", ", packet.filters()));
            if (packet.rest().isEmpty()) {
                subscribed();
            } else {
                subscribe(packet.rest());
            }
        }

        private void compare() {
            MqttComponent component = consumer.getEndpoint().getComponent();
            List<String> shortfalls = subscriptions.shortfalls(
                    clientId, component.getSessionExpirySeconds(), component.isRetainedWanted());
            status.granted(shortfalls, subscriptions.isKept());
        }

        private void subscribed() {
            compare();
            if (subscriptions.unsubscribable() != null) {
                timeout.cancel();
                status.up(false);
                status.phase("connected, not subscribed to all");
                status.warn(subscriptions.unsubscribable());
                return;
            }
            status.up(true);
            status.phase("connected to " + withoutUser(address));
            status.forgetWarning();
            awaitCalm(inFlight.arrivals(), 0);
        }

        // looks every second, while there is something to be done that can wait
        private void awaitCalm(long arrivalsBefore, int busySeconds) {
            if (isReduced()) {
                status.phase("connected to " + withoutUser(address) + ", for " + inFlight.receiveMaximum()
                        + " messages at a time until older ones are stored");
            }
            if (isReduced() || !subscriptions.stale().isEmpty()) {
                timeout.set(() -> calm(arrivalsBefore, busySeconds), CALM_CHECK_MILLIS);
            }
        }

        private void calm(long arrivalsBefore, int busySeconds) {
            if (isLeaving()) {
                return;
            }
            long now = inFlight.arrivals();
            boolean idle = now == arrivalsBefore;
            if (isReduced() && inFlight.isAlone()) {
                retire("renewing the connection");
            } else if (!isReduced() && idle && inFlight.unsettled() == 0) {
                if (subscriptions.later().isEmpty()) {
                    unsubscribe(subscriptions.stale());
                } else {
                    subscribe(subscriptions.takeLater());
                }
            } else {
                if (busySeconds == BUSY_SECONDS) {
                    LOG.warn(
                            "MQTT client '{}': still subscribed to {} until no message arrives for a second; {}",
                            clientId,
                            String.join(", ", subscriptions.stale()),
                            subscriptions.later().isEmpty()
                                    ? "msgstore.exclude-topics keeps them out meanwhile"
                                    : "then to " + String.join(", ", subscriptions.later()));
                }
                awaitCalm(now, isReduced() ? 0 : busySeconds + 1);
            }
        }

        // gone, about to go, or making way for the next connection
        private boolean isLeaving() {
            return link != this || disconnecting || inFlight.isClosed();
        }

        private boolean isReduced() {
            return inFlight.isReduced(receiveMaximum());
        }

        private void unsubscribe(List<String> stale) {
            try {
                transport.unsubscribe(
                        stale, answer(codes -> unsubscribed(stale, codes), e -> stillSubscribed(stale, Reasons.of(e))));
            } catch (MqttException | RuntimeException e) {
                stillSubscribed(stale, Reasons.of(e));
            }
        }

        private void unsubscribed(List<String> stale, int[] codes) {
            if (link != this || disconnecting) {
                return;
            }
            if (Subscriptions.isRefused(codes)) {
                stillSubscribed(stale, "refused");
                return;
            }
            session.unsubscribed(stale);
            LOG.info("MQTT client '{}': unsubscribed from {}", clientId, String.join(", ", stale));
            // Artemis ends the delivery of "$share/g/a" along with that of "a"; a new connection begins it again
            retire("renewing the connection");
        }

        private void stillSubscribed(List<String> stale, String reason) {
            if (link == this && !disconnecting) {
                status.warn("can't unsubscribe from " + String.join(", ", stale) + ": " + reason);
                timeout.set(() -> unsubscribe(stale), refusals.next());
            }
        }

        /** Acknowledges what it has in hand, leaves the rest to the broker, and disconnects. */
        private void retire(String why) {
            inFlight.closeToNew();
            status.up(false);
            status.phase(why);
            LOG.info("MQTT client '{}': {}", clientId, why);
            drain(new Drain(inFlight.unsettled(), System.nanoTime()));
        }

        private void drain(Drain drain) {
            if (link != this || disconnecting) {
                return;
            }
            if (drain.isOver(inFlight.unsettled(), inFlight.isArriving(), System.nanoTime())) {
                disconnect();
            } else {
                timeout.cancel();
                timeout.set(() -> drain(drain), UNSETTLED_CHECK_MILLIS);
            }
        }

        // stays connected: the other filters are served while these are tried again
        private void refused(List<String> denied, String reason) {
            if (isLeaving()) {
                return;
            }
            timeout.cancel();
            status.up(false);
            status.phase("connected, not subscribed");
            status.warn(reason);
            timeout.set(() -> subscribe(denied), refusals.next());
        }

        // leaves in good order; what was acknowledged before is sent before
        private void disconnect() {
            inFlight.close();
            if (disconnecting) {
                return;
            }
            disconnecting = true;
            status.up(false);
            status.phase("disconnecting");
            if (!connected) {
                // Paho can't be stopped while it connects: it is disconnected as soon as it is through, see connected()
                if (!wanted) {
                    List<CompletableFuture<Void>> waiting = List.copyOf(departures);
                    waiting.forEach(departure -> departure.complete(null));
                }
                return;
            }
            timeout.cancel();
            timeout.set(this::gone, DISCONNECT_TIMEOUT_MILLIS);
            try {
                transport.disconnect(answer(nothing -> gone(), e -> gone()));
            } catch (MqttException e) {
                gone();
            }
        }

        private void gone() {
            if (link != this) {
                return;
            }
            abandon();
            comeBack();
        }

        // whatever the client is doing
        private void abandon() {
            inFlight.close();
            try {
                transport.abort();
            } catch (MqttException | RuntimeException e) {
                LOG.debug("MQTT client '{}': could not be closed", clientId, e);
            }
        }

        private <T> MqttTransport.Answer<T> answer(Consumer<T> success, Consumer<Throwable> failure) {
            return new MqttTransport.Answer<>() {
                @Override
                public void succeeded(T value) {
                    if (!thread.execute(() -> success.accept(value))) {
                        // it came through too late, and nobody looks after it any more
                        abandon();
                    }
                }

                @Override
                public void failed(Throwable cause) {
                    thread.execute(() -> failure.accept(cause));
                }
            };
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            inFlight.arriving();
            try {
                consumer.messageArrived(inFlight, topic, message);
            } catch (RuntimeException | Error e) {
                inFlight.fail(e);
                LOG.error("MQTT client '{}': message from '{}' failed", clientId, topic, e);
            } finally {
                inFlight.arrived();
            }
        }

        @Override
        public void disconnected(String reason) {
            inFlight.close();
            thread.execute(() -> {
                if (disconnecting) {
                    gone();
                } else {
                    lost(this, reason);
                }
            });
        }
    }
}
