/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

/**
 * The messages of one connection that are not yet acknowledged, in the order in which they arrived.
 *
 * <p>MQTT 5 wants PUBACKs in the order of the PUBLISH packets [MQTT-4.6.0-2], while messages are stored by several
 * workers in any order. So an acknowledgement waits here until all earlier ones are due, and one thread at a time sends
 * what has become due. The lock is never held while sending.
 *
 * <p>The ring grows with what is in flight, which the broker limits to the receive maximum. Nothing is allocated per
 * message.
 */
final class AcknowledgementWindow {

    /** Sends one acknowledgement; called by one thread at a time, in order. */
    interface Sender {
        /** @throws Exception if it can't be sent; the window is then closed, and the connection is of no use any more */
        void acknowledge(int packetId) throws Exception;
    }

    // ids taken out under one lock, to halve the number of locks where a batch completes at once
    private static final int CHUNK = 64;
    private static final long STALLED_MILLIS = 100;

    private final Sender sender;
    private final int[] due = new int[CHUNK];

    private int[] ids = new int[64];
    private boolean[] done = new boolean[64];
    private long head;
    private long tail;
    // nobody sends until open()
    private boolean sending = true;
    private boolean closed;
    // nothing was acknowledged for a while, and nothing has been since
    private boolean stalled;

    AcknowledgementWindow(Sender sender) {
        this.sender = sender;
    }

    /** Begins to send: what is due, and from now on what becomes due. Called once, when the broker has taken the connection. */
    void open() {
        send();
    }

    /**
     * Waits while {@code limit} messages or more are not yet acknowledged, and while {@code enough} are, as long as
     * acknowledgements keep coming: whoever stores messages has all that it needs then, and more would only lie about.
     *
     * @return false when the window was closed, or the thread interrupted
     */
    synchronized boolean awaitRoom(int limit, int enough) {
        try {
            while (!closed && tail - head >= enough && !stalled) {
                long before = head;
                wait(STALLED_MILLIS);
                stalled = head == before && !closed;
            }
            while (!closed && tail - head >= limit) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return !closed;
    }

    /** Takes the next message in; the answer is its slot for {@link #complete}. */
    synchronized long add(int packetId) {
        if (tail - head == ids.length) {
            grow();
        }
        int i = index(tail);
        ids[i] = packetId;
        done[i] = false;
        return tail++;
    }

    /**
     * Marks the message as stored and sends the acknowledgements that have become due. From any thread; a second call
     * for the same slot, and a call after {@link #close}, do nothing.
     */
    void complete(long slot) {
        synchronized (this) {
            if (closed || slot < head) {
                return;
            }
            done[index(slot)] = true;
            // whoever is sending looks again before it stops, so this one need not wait for it
            if (sending || slot != head) {
                return;
            }
            sending = true;
        }
        send();
    }

    /** Forgets everything: the broker redelivers what is unacknowledged on the next connection. */
    synchronized void close() {
        closed = true;
        head = tail;
        notifyAll();
    }

    /** Messages taken in and not yet acknowledged. */
    synchronized int size() {
        return (int) (tail - head);
    }

    private void send() {
        while (true) {
            int n = 0;
            synchronized (this) {
                while (n < CHUNK && head < tail && done[index(head)]) {
                    due[n++] = ids[index(head++)];
                }
                if (n == 0) {
                    sending = false;
                    return;
                }
                stalled = false;
                notifyAll();
            }
            try {
                for (int i = 0; i < n; i++) {
                    sender.acknowledge(due[i]);
                }
            } catch (Exception | Error e) {
                // what comes after it must not be acknowledged before it
                close();
            }
        }
    }

    private int index(long slot) {
        return (int) slot & (ids.length - 1);
    }

    private void grow() {
        int[] moreIds = new int[ids.length * 2];
        boolean[] moreDone = new boolean[moreIds.length];
        for (long slot = head; slot < tail; slot++) {
            int to = (int) slot & (moreIds.length - 1);
            moreIds[to] = ids[index(slot)];
            moreDone[to] = done[index(slot)];
        }
        ids = moreIds;
        done = moreDone;
    }
}
