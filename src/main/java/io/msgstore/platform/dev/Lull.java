/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Route;
import org.apache.camel.StatefulService;
import org.apache.camel.Suspendable;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.service.ServiceHelper;

import io.msgstore.platform.contract.RouteGroups;
import io.msgstore.platform.seda.SameExchangeSedaConsumer;
import io.msgstore.platform.seda.SameExchangeSedaEndpoint;

/**
 * A moment in which no message is in some routes: what feeds them is held up until those that they have in hand are done.
 *
 * <p>For routes behind the queue the workers are held up, and messages wait in the queue. For those in front of it, and the
 * queue itself, the intake leaves the broker, which keeps what arrives, and all that is in flight is done.
 */
final class Lull implements AutoCloseable {
    private static final Set<String> UP_TO_THE_QUEUE =
            Set.of(RouteGroups.INTAKE, RouteGroups.INTAKE_FILTER, RouteGroups.QUEUE);
    private static final Set<String> ASIDE = Set.of(RouteGroups.API, RouteGroups.CANARY, RouteGroups.DEMO);
    private static final long LOOK_MILLIS = 10;
    /** Consecutive looks at which all must be empty: between two routes an exchange is counted in neither. */
    private static final int LOOKS = 2;

    private final CamelContext context;
    private final IntSupplier inFlight;
    private final Predicate<Route> changed;
    private final Extent extent;
    private final Map<String, Consumer> suspended = new LinkedHashMap<>();

    private enum Extent {
        /** The routes alone. */
        THEMSELVES,
        BEHIND_THE_QUEUE,
        ALL
    }

    /**
     * Holds up what feeds the routes.
     *
     * @param inFlight messages in flight, queue and open batches included
     * @param changed the routes that are to be without messages
     */
    Lull(CamelContext context, IntSupplier inFlight, Predicate<Route> changed) {
        this.context = context;
        this.inFlight = inFlight;
        this.changed = changed;
        extent = extent(context.getRoutes().stream().filter(changed).toList());
        for (Route route : context.getRoutes()) {
            Consumer consumer = route.getConsumer();
            boolean running = consumer instanceof StatefulService service && service.isStarted();
            if (running && consumer instanceof Suspendable && feeds(route)) {
                suspended.put(route.getRouteId(), consumer);
                ServiceHelper.suspendService(consumer);
            }
        }
    }

    private static Extent extent(List<Route> routes) {
        if (routes.stream().anyMatch(route -> UP_TO_THE_QUEUE.contains(String.valueOf(route.getGroup())))) {
            return Extent.ALL;
        }
        return routes.stream().allMatch(route -> ASIDE.contains(String.valueOf(route.getGroup())))
                ? Extent.THEMSELVES
                : Extent.BEHIND_THE_QUEUE;
    }

    private boolean feeds(Route route) {
        if (isFromDurableQueue(route)) {
            return extent != Extent.THEMSELVES;
        }
        if (isFromQueue(route)) {
            // with the whole way to be emptied, the workers empty the queue
            return extent == Extent.BEHIND_THE_QUEUE || extent == Extent.THEMSELVES && changed.test(route);
        }
        // a direct: consumer is not suspended: its callers would wait in it, and stay in flight
        boolean itself = changed.test(route) && !(route.getEndpoint() instanceof DirectEndpoint);
        return itself || extent == Extent.ALL && RouteGroups.INTAKE.equals(route.getGroup());
    }

    private static boolean isFromQueue(Route route) {
        return route.getEndpoint() instanceof SameExchangeSedaEndpoint;
    }

    private static boolean isBatch(Route route) {
        return route.getEndpoint().getEndpointUri().startsWith("batch:");
    }

    // it need not be empty: what waits in it outlives the process
    private static boolean isFromDurableQueue(Route route) {
        return RouteGroups.DEQUEUE.equals(route.getGroup());
    }

    /**
     * Waits until the routes are without messages.
     *
     * @return false when they are not after that time
     */
    boolean await(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        int looks = 0;
        while (looks < LOOKS) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            looks = isEmpty() ? looks + 1 : 0;
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        return true;
    }

    private boolean isEmpty() {
        if (extent == Extent.ALL && inFlight.getAsInt() > 0) {
            return false;
        }
        return new ArrayList<>(context.getRoutes())
                .stream().filter(this::matters).allMatch(this::isEmpty);
    }

    private boolean matters(Route route) {
        return changed.test(route)
                || extent != Extent.THEMSELVES && (isFromQueue(route) || isFromDurableQueue(route) || isBatch(route));
    }

    private boolean isEmpty(Route route) {
        boolean waitsInQueue = isFromQueue(route) && extent != Extent.ALL;
        // workers that are not held up are always at work: what they have in hand is among the messages in flight
        if (waitsInQueue && route.getConsumer() instanceof SameExchangeSedaConsumer workers && workers.isAtWork()) {
            return false;
        }
        int pending = route.getConsumer() instanceof ShutdownAware aware && !waitsInQueue
                ? aware.getPendingExchangesSize()
                : 0;
        return pending == 0 && context.getInflightRepository().size(route.getRouteId()) == 0;
    }

    /** Goes on with what was held up and is still there. */
    @Override
    public void close() {
        suspended.forEach((id, consumer) -> {
            Route route = context.getRoute(id);
            if (route != null && route.getConsumer() == consumer) {
                ServiceHelper.resumeService(consumer);
            }
        });
    }
}
