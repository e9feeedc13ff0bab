/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

import java.util.List;

/**
 * Groups of routes that are treated in a way of their own: the attribute {@code group} of a route. README.md says of each what it
 * means. Another group is a name for people.
 */
public final class RouteGroups {
    /** Receives messages from outside. Starts last, and keeps off its source while the queue is full. */
    public static final String INTAKE = "intake";
    /** What comes between the intake and the queue. */
    public static final String INTAKE_FILTER = "intake-filter";
    /** Puts messages into the queue, and takes them out of one in memory. */
    public static final String QUEUE = "queue";
    /** Takes messages out of a queue that outlives the process. Starts when the tables are there. */
    public static final String DEQUEUE = "dequeue";
    /** Sends messages of msgstore to itself. Starts after the intake. */
    public static final String CANARY = "canary";
    /** Answers requests over HTTP. No message of a device comes by it. */
    public static final String API = "api";
    /** The simulated fleet. No message comes by it. */
    public static final String DEMO = "demo";

    /** Those that start when the schema is there; what stores before what receives. */
    public static final List<String> STARTED_LAST = List.of(DEQUEUE, INTAKE, CANARY);

    private RouteGroups() {}
}
