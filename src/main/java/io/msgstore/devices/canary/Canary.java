/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.canary;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.contract.Parameters;
import io.msgstore.platform.database.SqlFailure;

/**
 * The steps of {@code routes/canary} and what they come to: the latest canary, whether it is stored, and what health says.
 *
 * <p>A canary that is not stored in time has the subscription renewed, unless that can't be what is wrong: it has arrived
 * here, it could not even be published, other messages keep arriving, as while a backlog drains, or nothing moves at all, as
 * in an outage of the database. A new connection would only have everything in hand delivered twice.
 */
public final class Canary {
    private static final Logger LOG = LoggerFactory.getLogger(Canary.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EVENT = "canary";

    private final String clientId;
    private final String topic;
    private final Duration timeout;
    private final Accounting accounting;
    private final Runnable renewSubscription;
    private final LongSupplier nanos;
    private Counter lost;
    private DistributionSummary latency;
    private volatile Flight latest;
    private volatile String problem;

    /** One canary, from the moment at which it is about to be published. */
    private static final class Flight {
        final String id = UUID.randomUUID().toString();
        final Instant sentAt = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        final long sentNanos;
        final long settledBefore;
        final long receivedBefore;
        volatile boolean arrived;
        volatile long foundNanos;
        volatile boolean found;
        volatile String publishError;
        volatile String lookError;

        Flight(long sentNanos, long settledBefore, long receivedBefore) {
            this.sentNanos = sentNanos;
            this.settledBefore = settledBefore;
            this.receivedBefore = receivedBefore;
        }
    }

    /**
     * @param clientId whose canaries these are, the key of their row
     * @param topic where they are published
     * @param timeout how long one may take from publishing to the commit
     * @param renewSubscription makes the connections to the broker anew, and returns at once
     * @param nanos as {@link System#nanoTime()}
     */
    public Canary(
            String clientId,
            String topic,
            Duration timeout,
            Accounting accounting,
            Runnable renewSubscription,
            LongSupplier nanos) {
        this.clientId = clientId;
        this.topic = topic;
        this.timeout = timeout;
        this.accounting = accounting;
        this.renewSubscription = renewSubscription;
        this.nanos = nanos;
    }

    /** Whether canaries are sent. */
    public static boolean isOn(Settings settings) {
        return !settings.duration("msgstore.canary.interval").isZero();
    }

    /**
     * Where canaries are published: one topic for all instances that share a subscription, because any of them may get
     * one. What can't stand in a topic or in a route's URI becomes "-".
     */
    public static String topic(Settings settings) {
        String subscriber =
                settings.optional("msgstore.mqtt.share-group").orElse(settings.text("msgstore.mqtt.client-id"));
        return "msgstore/canary/" + subscriber.replaceAll("[^A-Za-z0-9_.-]", "-");
    }

    /** Registers the meters, which are there only while canaries are sent. */
    public Canary measured(MeterRegistry meters) {
        lost = Counter.builder("msgstore.canary.lost")
                .description("Canaries that were not in the database in time")
                .register(meters);
        latency = DistributionSummary.builder("msgstore.canary.latency.ms")
                .description("Milliseconds from publishing a canary until it was seen in the database, to a tenth of a"
                        + " second")
                .register(meters);
        return this;
    }

    /** A step that makes a new canary, to be published. The broker forgets it when nobody waits for it any more. */
    public void create(Exchange exchange) throws JsonProcessingException {
        Flight flight = new Flight(nanos.getAsLong(), settled(), accounting.received());
        latest = flight;
        MqttProperties properties = new MqttProperties();
        properties.setMessageExpiryInterval(timeout.toSeconds());
        exchange.getMessage().setHeader(PahoMqtt5Constants.CAMEL_PAHO_MSG_PROPERTIES, properties);
        exchange.getMessage()
                .setBody(JSON.writeValueAsBytes(
                        Map.of("event", EVENT, "client_id", clientId, "id", flight.id, "sent_at", "" + flight.sentAt)));
        exchange.setVariable(Parameters.CANARY, flight.id);
    }

    /** True for a canary of this instance, or of one that shares its subscription. */
    public Predicate own() {
        return exchange -> {
            Envelope envelope = exchange.getMessage().getBody(Envelope.class);
            return EVENT.equals(envelope.event()) && topic.equals(envelope.topic());
        };
    }

    /** A step that notes which canary came in. */
    public void arrived(Exchange exchange) {
        Flight flight = latest;
        if (flight != null
                && new String(exchange.getMessage().getBody(Envelope.class).payload(), StandardCharsets.UTF_8)
                        .contains(flight.id)) {
            flight.arrived = true;
        }
    }

    /** True while it is worth looking for the canary. */
    public boolean isAwaited(Exchange exchange) {
        return latest.publishError == null
                && !latest.found
                && !isLate(latest)
                && !exchange.getContext().isStopping();
    }

    /** A step that takes the answer of the database, no body when the canary is not there, or notes that it does not answer. */
    public void looked(Exchange exchange) {
        latest.lookError = error(exchange);
        if (latest.lookError == null) {
            latest.foundNanos = nanos.getAsLong();
            latest.found = exchange.getMessage().getBody() != null;
        }
    }

    /** A step that notes whether the broker took the canary. */
    public void published(Exchange exchange) {
        latest.publishError = error(exchange);
    }

    // of the step before, which the next one is not to find again
    private static String error(Exchange exchange) {
        Exception error = (Exception) exchange.removeProperty(Exchange.EXCEPTION_CAUGHT);
        return error == null ? null : SqlFailure.message(error);
    }

    /** A step that says what became of the canary. */
    public void judge(Exchange exchange) {
        Flight flight = latest;
        if (flight.found) {
            latency.record((flight.foundNanos - flight.sentNanos) / 1e6);
            if (flight.foundNanos - flight.sentNanos >= timeout.toNanos()) {
                lost.increment();
            }
            if (problem != null) {
                problem = null;
                LOG.info("A canary came through again");
            }
        } else if (!exchange.getContext().isStopping()) {
            lost.increment();
            if (problem == null) {
                LOG.warn("{}", describe(flight));
            }
            problem = describe(flight);
            if (flight.publishError == null && !flight.arrived && !othersArrive(flight) && !nothingMoves(flight)) {
                renewSubscription.run();
            }
        }
    }

    /** What is wrong, or null. */
    public String problem() {
        Flight flight = latest;
        // without waiting for the verdict: a publisher or a database that hangs holds that up
        return flight != null && !flight.found && isLate(flight) ? describe(flight) : problem;
    }

    private boolean isLate(Flight flight) {
        return nanos.getAsLong() - flight.sentNanos >= timeout.toNanos();
    }

    private boolean othersArrive(Flight flight) {
        return accounting.received() > flight.receivedBefore;
    }

    private boolean nothingMoves(Flight flight) {
        return accounting.inFlight() > 0 && settled() == flight.settledBefore;
    }

    private long settled() {
        return accounting.received() - accounting.inFlight();
    }

    private String describe(Flight flight) {
        if (flight.publishError != null) {
            return "the canary of " + flight.sentAt + " could not be published: " + flight.publishError;
        }
        return "the canary of " + flight.sentAt + " was not in the database within "
                + TimeUnit.NANOSECONDS.toSeconds(timeout.toNanos()) + " s; "
                + (flight.arrived ? "it came back from the broker" : "it did not come back from the broker")
                + (flight.lookError == null ? "" : "; the database says: " + flight.lookError);
    }
}
