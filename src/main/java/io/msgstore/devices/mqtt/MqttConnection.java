/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * Keeps one client connected and subscribed, for as long as it is wanted: supervises one {@link Link} after another, and decides
 * when the next one is made, and to which address.
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
 * <p>Its links run on the same thread as it does, one that supervises all connections of a consumer. The methods of its users only
 * queue tasks for that thread, or read what is volatile. Log lines of all parts of a connection have this class as their logger.
 */
final class MqttConnection {

    // a connection that lasted this long was sound: the next loss starts at the shortest delay again
    private static final long SOUND_NANOS = TimeUnit.SECONDS.toNanos(10);
    static final long UNSETTLED_CHECK_MILLIS = 100;
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);

    // what its links share
    final MqttConsumer consumer;
    final MqttComponent component;
    final SupervisorThread thread;
    final MqttTransport.Factory transports;
    final String clientId;
    final List<String> filters;
    final KnownSession session;
    final ConnectionStatus status;
    /** Counts the messages of all links that are taken in and not yet settled. */
    final AtomicInteger unsettled = new AtomicInteger();

    private final List<String> urls;
    private final Backoff backoff;
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
        this.component = consumer.getEndpoint().getComponent();
        this.thread = new SupervisorThread(supervisor, clientId, this::failed);
        this.transports = transports;
        this.clientId = clientId;
        this.filters = filters;
        this.urls = consumer.getEndpoint().urls();
        this.session = new KnownSession(component.sessionFolder, clientId);
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
        unwanted(departure, () -> link.leave(departure));
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
            if (!link.wasConnected()) {
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

    ConnectionState connectionState() {
        return status.state(unsettled.get(), receiveMaximum());
    }

    boolean isWanted() {
        return wanted;
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
        InFlightBytes bytes = component.inFlightBytes;
        boolean full = left > receiveMaximum() / 2 || bytes.used() > bytes.limit() / 2;
        if (left > 0 && (full || System.nanoTime() - settleUntil < 0)) {
            status.phase("waiting until " + left + " messages of the last connection are stored");
            retry.set(this::open, UNSETTLED_CHECK_MILLIS);
            return;
        }
        status.phase("connecting");
        String address = urls.get(url);
        try {
            link = new Link(this, address);
            link.connect();
        } catch (MqttException | RuntimeException e) {
            lost(link, "can't connect to " + withoutUser(address) + ": " + Reasons.connecting(e, address));
        }
    }

    /** Most messages that the broker may leave unacknowledged, on all connections of the client together. */
    int receiveMaximum() {
        return Math.min(
                MqttEndpoint.MAX_RECEIVE_MAXIMUM,
                consumer.getEndpoint().getConfiguration().getReceiveMaximum());
    }

    /** The connection could not be made, or is gone; ignored of a link that was given up before. */
    void lost(Link which, String reason) {
        if (which != link) {
            return;
        }
        if (wanted) {
            status.warn((status.isUp() ? "lost the broker: " : "") + reason);
        }
        comeBack();
    }

    /** Gives the link up, and makes the next one, when it is time, if one is wanted. */
    void comeBack() {
        boolean connected = link != null && link.wasConnected();
        if (connected && link.age() > SOUND_NANOS) {
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
            if (closed.wasConnected()) {
                settleUntil = System.nanoTime() + SETTLE_NANOS;
            }
            closed.over();
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
}
