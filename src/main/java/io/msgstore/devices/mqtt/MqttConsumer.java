/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.Suspendable;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.eclipse.paho.mqttv5.client.internal.NetworkModuleService;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.TopicFilter;
import io.msgstore.platform.log.TraceIds;
import io.msgstore.platform.tracing.Tracing;

/**
 * Makes an exchange of each MQTT message and acknowledges the message when the completion that the exchange carries runs.
 *
 * <p>The body is the payload ({@code byte[]}) and {@link PahoMqtt5Constants#MQTT_TOPIC} the only header; the rest (QoS,
 * retained flag, user properties) is in the message itself, in the exchange property {@link #MESSAGE}.
 *
 * <p>Acknowledgement: the completion travels with the exchange, and {@code batch:} takes it along into the exchange of the batch. An
 * exchange that fails has no acknowledgement, and the broker redelivers only to a new connection, so the connection is
 * dropped and made again. Redelivery means duplicates: the store must be idempotent.
 *
 * <p>A subscription asks for QoS 1 at most, because Paho acknowledges QoS 2 before the message is stored. Publishers may use QoS 2 as
 * they like. See docs/decisions/0003-mqtt-consumer.md.
 *
 * <p>Suspending leaves the messages that still arrive to the broker, which keeps the session. Those in flight are acknowledged
 * as they complete, and then the connection is closed; where none completes for a few seconds it is closed without, and they
 * are redelivered after resuming. Stopping the whole context is the same with the context's patience. Stopping the route
 * alone leaves at once.
 */
public class MqttConsumer extends DefaultConsumer implements Suspendable, ShutdownAware {

    /** Exchange property with the {@link MqttMessage} as it came. */
    public static final String MESSAGE = "msgstore.mqtt-message";

    private static final Logger LOG = LoggerFactory.getLogger(MqttConsumer.class);

    // a broker that does not answer must not hold up a suspend or a stop
    private static final long LEAVE_TIMEOUT_MILLIS = 5_000;

    private volatile List<MqttConnection> connections = List.of();
    private volatile boolean closing;
    private ScheduledExecutorService supervisor;

    public MqttConsumer(MqttEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
    }

    @Override
    public MqttEndpoint getEndpoint() {
        return (MqttEndpoint) super.getEndpoint();
    }

    /**
     * Starts to connect, and does not wait for it: a broker that is away is no error.
     *
     * @throws IllegalArgumentException if there is no client id, no filter, or an address that Paho does not know
     */
    @Override
    protected void doStart() throws Exception {
        check();
        super.doStart();
        getEndpoint().getComponent().add(this);
        closing = false;
        supervisor = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newSingleThreadScheduledExecutor(this, "MqttSupervisor");
        connections = createConnections();
        connections.forEach(MqttConnection::join);
    }

    @Override
    protected void doSuspend() {
        leave(MqttConnection::retire);
    }

    @Override
    protected void doResume() {
        // a queue that has room again may resume this consumer while the context stops
        closing = getEndpoint().getCamelContext().isStopping();
        connections.forEach(MqttConnection::join);
    }

    @Override
    protected void doStop() throws Exception {
        leave(MqttConnection::leave);
        getEndpoint().getComponent().remove(this);
        if (supervisor != null) {
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdownNow(supervisor);
            supervisor = null;
        }
        connections = List.of();
        super.doStop();
    }

    /**
     * Called at the start of a shutdown. Only the stop of the whole context waits for what is in flight with the
     * connection open; a single route that is suspended or stopped leaves the broker first, so that it gets away even
     * while its own message is blocked.
     */
    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        closing = getEndpoint().getCamelContext().isStopping();
        return closing;
    }

    /** None: what is in flight is in the routes. */
    @Override
    public int getPendingExchangesSize() {
        return 0;
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        // deferShutdown came earlier: Camel calls this one for consumers only when everything in flight is done
    }

    /** Whether the whole context is stopping. */
    boolean isClosing() {
        return closing;
    }

    void renew() {
        connections.forEach(MqttConnection::renew);
    }

    String clientId() {
        return getEndpoint().clientId();
    }

    Stream<ConnectionState> connectionStates() {
        return connections.stream().map(MqttConnection::connectionState);
    }

    /** Takes one message on the thread that received it; blocks as long as the route does. */
    void messageArrived(InFlight inFlight, String topic, MqttMessage message) {
        // what comes now stays with the broker: unacknowledged, uncounted, redelivered later; of QoS 0 it is lost by
        // a stop
        if (closing
                || message.getQos() == 1
                        && (inFlight.isClosed() || !inFlight.awaitRoom() || closing || inFlight.isClosed())) {
            return;
        }
        Exchange exchange = createExchange(true);
        exchange.getIn().setBody(message.getPayload());
        exchange.getIn().setHeader(PahoMqtt5Constants.MQTT_TOPIC, topic);
        exchange.setProperty(MESSAGE, message);

        AsyncCallback done = defaultConsumerCallback(exchange, true);
        if (message.getQos() == 1) {
            Acknowledgement acknowledgement =
                    new Acknowledgement(inFlight, inFlight.take(message.getId()), inFlight.takeAdmitted());
            exchange.getExchangeExtension().addOnCompletion(acknowledgement);
            if (getEndpoint().getComponent().acknowledgeOnEnqueue) {
                exchange.setProperty(ExchangeProperties.ENQUEUED, acknowledgement);
            }
        } else {
            exchange.getExchangeExtension()
                    .addOnCompletion(new Acknowledgement(inFlight, Acknowledgement.NONE, inFlight.takeAdmitted()));
        }
        if (getEndpoint().getComponent().traced) {
            takeOverTrace(exchange, message);
        }
        TraceIds.inHand(exchange);
        try {
            getAsyncProcessor().process(exchange, done);
        } finally {
            TraceIds.inHand(null);
        }
    }

    // where Camel's tracer looks for the span that the publisher's is the parent of
    private static void takeOverTrace(Exchange exchange, MqttMessage message) {
        if (message.getProperties() != null) {
            for (UserProperty property : message.getProperties().getUserProperties()) {
                if (property.getKey().equals(Tracing.PARENT)
                        || property.getKey().equals(Tracing.STATE)) {
                    exchange.getIn().setHeader(property.getKey(), property.getValue());
                }
            }
        }
    }

    private void check() {
        if (clientId() == null || clientId().isBlank()) {
            throw new IllegalArgumentException("MQTT client id is missing: it names the session on the broker");
        }
        if (getEndpoint().filters().isEmpty()) {
            throw new IllegalArgumentException("MQTT subscription filter is missing");
        }
        for (String url : getEndpoint().urls()) {
            try {
                NetworkModuleService.validateURI(url);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("MQTT address '" + MqttConnection.withoutUser(url)
                        + "' must be tcp://, ssl://, ws:// or wss:// with host and port");
            }
        }
        if (getEndpoint().getConfiguration().getQos() > 1) {
            LOG.info("Subscribing at QoS 1: the client library would acknowledge QoS 2 before the message is stored");
        }
    }

    private List<MqttConnection> createConnections() {
        int n = getEndpoint().getComponent().consumers;
        List<MqttConnection> list = new ArrayList<>(n);
        for (int i = 1; i <= n; i++) {
            list.add(new MqttConnection(
                    this,
                    supervisor,
                    (url, id, room, listener) -> new PahoTransport(getEndpoint(), url, id, room, listener),
                    n == 1 ? clientId() : clientId() + "-" + i,
                    subscribed()));
        }
        return List.copyOf(list);
    }

    // the filters as they are subscribed to
    private List<String> subscribed() {
        MqttComponent component = getEndpoint().getComponent();
        List<String> filters = new ArrayList<>(getEndpoint().filters());
        String topic = component.furtherTopic;
        if (topic != null && filters.stream().map(TopicFilter::new).noneMatch(filter -> filter.matches(topic))) {
            filters.add(topic);
        }
        String group = component.shareGroup;
        if (group == null && component.consumers > 1) {
            group = clientId();
        }
        // the group is one level of the filter
        String prefix = group == null ? "" : "$share/" + group.replaceAll("[/+#]", "-") + "/";
        List<String> shared = filters.stream()
                .map(filter -> filter.startsWith("$share/") ? filter : prefix + filter)
                .toList();
        List<String> subscribed = TopicFilter.withoutCovered(shared);
        String covered = shared.stream()
                .filter(filter -> !subscribed.contains(filter))
                .distinct()
                .collect(Collectors.joining(", "));
        if (!covered.isEmpty()) {
            LOG.info("Not subscribing to {}: another filter has all of its topics", covered);
        }
        return subscribed;
    }

    private void leave(Function<MqttConnection, CompletableFuture<Void>> how) {
        CompletableFuture<?>[] departures = connections.stream().map(how).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(departures).get(LEAVE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("Broker did not confirm that the client left", e);
        }
    }
}
