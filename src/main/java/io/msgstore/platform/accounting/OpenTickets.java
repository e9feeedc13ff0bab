/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.accounting;

/**
 * The tickets of messages in flight, linked in the order of their arrival: an entry costs no object, and leaves in one step. The caller
 * holds the lock.
 */
final class OpenTickets {
    private Ticket oldest;
    private Ticket newest;

    /** The one that has been there longest, or null. */
    Ticket oldest() {
        return oldest;
    }

    /** Adds the newest one. */
    void add(Ticket ticket) {
        add(ticket, newest);
    }

    /** @param before the one that it comes after; null where it is the oldest */
    void add(Ticket ticket, Ticket before) {
        Ticket after = before == null ? oldest : before.newer;
        ticket.older = before;
        ticket.newer = after;
        if (before == null) {
            oldest = ticket;
        } else {
            before.newer = ticket;
        }
        if (after == null) {
            newest = ticket;
        } else {
            after.older = ticket;
        }
    }

    void remove(Ticket ticket) {
        if (ticket.older == null) {
            oldest = ticket.newer;
        } else {
            ticket.older.newer = ticket.newer;
        }
        if (ticket.newer == null) {
            newest = ticket.older;
        } else {
            ticket.newer.older = ticket.older;
        }
        // a settled ticket that lives on must not keep the others
        ticket.older = null;
        ticket.newer = null;
    }
}
