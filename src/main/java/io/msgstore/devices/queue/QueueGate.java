/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.StatefulService;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.contract.RouteGroups;

/**
 * The queue's length and capacity, and the gate of {@code msgstore.enqueue-mode=disconnect}: it takes the intake
 * off the broker when the queue is full and lets it come back when the queue is half empty. Only an intake that the gate
 * suspended is resumed by it, so that an operator's suspension stands.
 */
public final class QueueGate {
    private static final Logger LOG = LoggerFactory.getLogger(QueueGate.class);

    private final CamelContext context;
    private final LongSupplier length;
    private final int capacity;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final List<String> suspended = new CopyOnWriteArrayList<>();

    private enum State {
        OPEN,
        SHUTTING,
        SHUT
    }

    /**
     * @param length messages that wait in the queue
     * @param capacity messages that it holds
     */
    public QueueGate(CamelContext context, LongSupplier length, int capacity) {
        this.context = context;
        this.length = length;
        this.capacity = capacity;
    }

    /** Messages that wait in the queue. */
    public int length() {
        return (int) Math.min(Integer.MAX_VALUE, length.getAsLong());
    }

    /** Messages that the queue holds at most. */
    public int capacity() {
        return capacity;
    }

    /** Whether it keeps the intake off the broker. */
    public boolean isShut() {
        return state.get() != State.OPEN;
    }

    /** A step that suspends the intake's consumers; the broker keeps the session's messages meanwhile. */
    public Processor shut() {
        return exchange -> {
            if (state.compareAndSet(State.OPEN, State.SHUTTING)) {
                LOG.warn("Queue full ({} messages): leaving the broker until it is half empty", capacity);
                // not on this thread: it is the broker connection's own and may not close it
                context.getExecutorServiceManager()
                        .newThread("queue-gate", this::suspendIntake)
                        .start();
            }
        };
    }

    /** A step that resumes what {@link #shut()} suspended once the queue is half empty. */
    public Processor open() {
        return exchange -> {
            // not while it is being shut: suspending takes a while, and would then be the last to act
            if (state.get() == State.SHUT && length() <= capacity / 2) {
                resumeIntake();
                if (suspended.isEmpty()) {
                    state.set(State.OPEN);
                    LOG.info("Queue half empty: back at the broker");
                }
            }
        };
    }

    // The consumers alone: to suspend a route is to wait until all of its messages are stored.
    private void suspendIntake() {
        for (Route route : context.getRoutes()) {
            Consumer consumer = route.getConsumer();
            boolean running = consumer instanceof StatefulService service && service.isStarted();
            if (RouteGroups.INTAKE.equals(route.getGroup()) && route.supportsSuspension() && running) {
                suspended.add(route.getRouteId());
                try {
                    ServiceHelper.suspendService(consumer);
                } catch (RuntimeException e) {
                    LOG.error("Can't suspend the intake of route {}", route.getRouteId(), e);
                }
            }
        }
        state.set(State.SHUT);
    }

    private void resumeIntake() {
        for (String id : suspended) {
            try {
                ServiceHelper.resumeService(context.getRoute(id).getConsumer());
                suspended.remove(id);
            } catch (RuntimeException e) {
                LOG.error("Can't resume the intake of route {}, trying again", id, e);
            }
        }
    }
}
