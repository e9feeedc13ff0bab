/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What one connection has in hand: the messages that were taken in and are not yet settled, their acknowledgements, the receive
 * maximum that it asked for, and the room in the bytes in flight. Messages are taken in by the one thread that receives, and
 * settled by any.
 *
 * <p>Closed, it takes no more in: what arrives is left to the broker, which delivers it again on the next connection.
 */
final class InFlight implements MqttTransport.Room {
    private static final String FAILED = "a message failed and is to be redelivered";
    /** Room for the longest topic, as much of the properties, and the beginning of the payload. */
    private static final int CUT_PACKET_BYTES = 3 * CutMessage.KEPT_BYTES;
    /** A connection that asked for less than this share of the receive maximum is renewed later. */
    private static final double NEARLY_ALL = 0.9;

    private final MqttComponent settings;
    private final AtomicInteger unsettledOfAll;
    private final BooleanSupplier stopping;
    private final AcknowledgementWindow.Sender sender;
    private final Consumer<String> broken;
    private final AcknowledgementWindow window = new AcknowledgementWindow(this::acknowledge);
    private final AtomicInteger unsettled = new AtomicInteger();
    private volatile boolean closed;
    private volatile int receiveMaximum;
    // counted when a message arrives and when the route returns: odd in between; written by the one thread that
    // receives
    private volatile long arrivals;
    // room for the message that is being read; of the thread that receives
    private int admitted;

    /**
     * @param unsettledOfAll counts the unsettled messages of all connections of the client, earlier ones included
     * @param stopping whether the whole context is stopping: then no more is taken in, and nothing breaks the connection
     * @param sender sends an acknowledgement
     * @param broken takes the reason why the connection must be dropped; on any thread
     */
    InFlight(
            MqttComponent settings,
            AtomicInteger unsettledOfAll,
            BooleanSupplier stopping,
            AcknowledgementWindow.Sender sender,
            Consumer<String> broken) {
        this.settings = settings;
        this.unsettledOfAll = unsettledOfAll;
        this.stopping = stopping;
        this.sender = sender;
        this.broken = broken;
    }

    /**
     * Settles the receive maximum of the connection: the messages of earlier connections that are still unsettled leave it so much
     * less.
     *
     * @param most receive maximum of all together
     * @return what to ask the broker for, 1 or more
     */
    int limit(int most) {
        receiveMaximum = Math.max(1, most - unsettledOfAll.get());
        return receiveMaximum;
    }

    /** The receive maximum that was asked for. */
    int receiveMaximum() {
        return receiveMaximum;
    }

    /** Whether less than nine tenths of the receive maximum was asked for. */
    boolean isReduced(int most) {
        return receiveMaximum < most * NEARLY_ALL;
    }

    /** Whether the messages of earlier connections are settled. */
    boolean isAlone() {
        return unsettledOfAll.get() == unsettled.get();
    }

    /** Messages that this connection took in and that are not yet settled. */
    int unsettled() {
        return unsettled.get();
    }

    /** Begins to send acknowledgements: Artemis may deliver before its CONNACK, when Paho does not send yet. */
    void open() {
        window.open();
    }

    /** Takes no more in; what it has in hand is still acknowledged. */
    void closeToNew() {
        closed = true;
    }

    /** Takes no more in, and acknowledges nothing more. */
    void close() {
        closed = true;
        window.close();
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * Waits until the receive maximum has room for another message, which not all brokers see to themselves
     * (docs/decisions/0003-mqtt-consumer.md). While this waits nothing is read, and the network holds the broker up. It also waits
     * while there is enough in flight, see {@link MqttComponent#setEnoughInFlight}.
     *
     * @return false when the connection has ended; the broker delivers the message again on the next one
     */
    boolean awaitRoom() {
        return window.awaitRoom(receiveMaximum, settings.enoughInFlight);
    }

    /**
     * Waits until the bytes in flight have room for another message. As in {@link #awaitRoom} nothing is read meanwhile. A
     * message that is too large to be held takes room for its beginning only.
     */
    @Override
    public int admit(int bytes) {
        int kept = bytes > settings.largestKept() ? Math.min(bytes, CUT_PACKET_BYTES) : bytes;
        int room = kept + InFlightBytes.EACH;
        InFlightBytes all = settings.inFlightBytes;
        boolean taken = all.takeAtOnce(room);
        if (!taken) {
            // as while the route has a message: the broker is well, though its answers wait
            arrives();
            taken = all.take(room, () -> !closed && !stopping.getAsBoolean());
            arrives();
        }
        // what comes when it is closed is not taken in, and so takes no room
        admitted = taken ? room : 0;
        return kept;
    }

    /** The room for the message that has arrived; from now on the caller gives it back. */
    int takeAdmitted() {
        int room = admitted;
        admitted = 0;
        return room;
    }

    @Override
    public void over() {
        giveBack(takeAdmitted());
    }

    /** @param room in bytes, as {@link #takeAdmitted} gave it */
    void giveBack(int room) {
        settings.inFlightBytes.giveBack(room);
    }

    /** A message arrives, or the route has done with it: called before and after. */
    void arrives() {
        arrivals = arrivals + 1;
    }

    /** A number that changes with each message that arrives; odd while one waits for room, or the route has it. */
    long arrivals() {
        return arrivals;
    }

    /** Whether a message waits for room, or the route has it. */
    boolean isArriving() {
        return arrivals % 2 == 1;
    }

    /** Takes a message in that is to be acknowledged; the answer is its slot for {@link #settle}. */
    long take(int packetId) {
        unsettledOfAll.incrementAndGet();
        unsettled.incrementAndGet();
        return window.add(packetId);
    }

    /** The message is stored, or whatever became of it: acknowledges it if this connection is still there. */
    void settle(long slot) {
        window.complete(slot);
        settled();
    }

    private void settled() {
        unsettled.decrementAndGet();
        unsettledOfAll.decrementAndGet();
    }

    // should one fail although the connection is up, none would follow, and the broker would fall silent
    private void acknowledge(int packetId) throws Exception {
        try {
            sender.acknowledge(packetId);
        } catch (Exception | Error e) {
            drop("an acknowledgement could not be sent", e);
            throw e;
        }
    }

    /**
     * Drops the connection because a message that was taken in could not be handled: unacknowledged it would hold its place in the
     * broker's window for ever, and only a new connection has it redelivered. From any thread.
     */
    void reject(Throwable cause) {
        settled();
        fail(cause);
    }

    /** Drops the connection because a message failed before it was taken in. */
    void fail(Throwable cause) {
        drop(FAILED, cause);
    }

    private void drop(String what, Throwable cause) {
        if (closed || stopping.getAsBoolean()) {
            return;
        }
        closed = true;
        broken.accept(what + (cause == null ? "" : ": " + Reasons.of(cause)));
    }
}
