/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.queue;

import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.component.seda.SedaEndpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory queue's length and capacity, and the gate of {@code msgstore.enqueue-mode=disconnect}: it takes the intake
 * off the broker when the queue is full and lets it come back when the queue is half empty. Only an intake that the gate
 * suspended is resumed by it, so that an operator's suspension stands.
 */
public final class QueueGate {
    private static final Logger LOG = LoggerFactory.getLogger(QueueGate.class);
    private static final String INTAKE_GROUP = "intake";

    private final CamelContext context;
    private final int capacity;
    private final AtomicBoolean shut = new AtomicBoolean();
    private volatile SedaEndpoint queue;

    /** @param capacity messages that the queue holds */
    public QueueGate(CamelContext context, int capacity) {
        this.context = context;
        this.capacity = capacity;
    }

    /** Messages that wait in the queue. */
    public int length() {
        SedaEndpoint found = queue;
        if (found == null) {
            for (Endpoint endpoint : context.getEndpoints()) {
                if (endpoint instanceof SedaEndpoint seda) {
                    found = seda;
                    queue = seda;
                }
            }
        }
        return found == null ? 0 : found.getCurrentQueueSize();
    }

    /** Messages that the queue holds at most. */
    public int capacity() {
        return capacity;
    }

    /** A step that suspends the intake's consuming routes; the broker keeps the session's messages meanwhile. */
    public Processor shut() {
        return exchange -> {
            if (shut.compareAndSet(false, true)) {
                LOG.warn("Queue full ({} messages): leaving the broker until it is half empty", capacity);
                // not on this thread: it is the broker connection's own and may not close it
                context.getExecutorServiceManager()
                        .newThread("queue-gate", () -> eachIntake(true))
                        .start();
            }
        };
    }

    /** A step that resumes what {@link #shut()} suspended once the queue is half empty. */
    public Processor open() {
        return exchange -> {
            if (shut.get() && length() <= capacity / 2) {
                eachIntake(false);
                shut.set(false);
                LOG.info("Queue half empty: back at the broker");
            }
        };
    }

    private void eachIntake(boolean suspend) {
        for (Route route : context.getRoutes()) {
            if (INTAKE_GROUP.equals(route.getGroup()) && route.supportsSuspension()) {
                try {
                    if (suspend) {
                        context.getRouteController().suspendRoute(route.getRouteId());
                    } else {
                        context.getRouteController().resumeRoute(route.getRouteId());
                    }
                } catch (Exception e) {
                    LOG.error("Can't {} route {}", suspend ? "suspend" : "resume", route.getRouteId(), e);
                }
            }
        }
    }
}
