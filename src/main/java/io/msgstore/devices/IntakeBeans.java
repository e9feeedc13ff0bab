/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import javax.net.ssl.SSLSocketFactory;

import io.micrometer.core.instrument.FunctionCounter;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;

import io.msgstore.devices.filter.Filters;
import io.msgstore.devices.mqtt.InFlightBytes;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.devices.mqtt.MqttHealth;
import io.msgstore.devices.mqtt.ReceiveMqtt;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.tls.Tls;

/** Binds what the routes in {@code routes/intake} refer to. */
final class IntakeBeans {
    // Paho's 30 and 60 s: too long to sit before a broker that a network has swallowed
    private static final int CONNECT_SECONDS = 10;
    private static final int KEEP_ALIVE_SECONDS = 30;
    /** Fewer in flight would leave small batches waiting for one another. */
    private static final int LEAST_IN_FLIGHT = 1000;

    private final Platform platform;
    private final Settings settings;
    final InFlightBytes inFlightBytes;
    final MqttComponent mqtt = new MqttComponent();

    IntakeBeans(Platform platform) {
        this.platform = platform;
        this.settings = platform.settings();
        this.inFlightBytes = new InFlightBytes(new QueueSettings(settings).receivedBytes());
    }

    void bind() {
        mqtt.setCamelContext(platform.context());
        connection(mqtt.getConfiguration());
        subscription();
        platform.bind("paho-mqtt5", mqtt);
        platform.step(
                "receiveMqtt",
                new ReceiveMqtt(
                        platform.accounting(),
                        settings.number("msgstore.max-payload-bytes"),
                        settings.flag("msgstore.debug"),
                        settings.flag("msgstore.tracing")));
        filters();
        platform.check(new MqttHealth(mqtt));
        meters();
    }

    private void connection(PahoMqtt5Configuration configuration) {
        String[] urls = platform.brokerUrl().trim().split("\\s*,\\s*");
        configuration.setBrokerUrl(urls[0]);
        if (urls.length > 1) {
            configuration.setServerURIs(String.join(",", urls));
        }
        configuration.setClientId(settings.text("msgstore.mqtt.client-id"));
        settings.optional("msgstore.mqtt.username").ifPresent(configuration::setUserName);
        settings.optional("msgstore.mqtt.password").ifPresent(configuration::setPassword);
        configuration.setQos(settings.number("msgstore.mqtt.qos"));
        configuration.setConnectionTimeout(CONNECT_SECONDS);
        configuration.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
        boolean ownTls = settings.optional("msgstore.mqtt.tls.truststore").isPresent()
                || settings.optional("msgstore.mqtt.tls.keystore").isPresent();
        if (ownTls) {
            configuration.setSocketFactory(tls(settings, "msgstore.mqtt.tls."));
        }
    }

    private void subscription() {
        int consumers = settings.number("msgstore.mqtt.consumers");
        mqtt.setConsumers(consumers);
        settings.optional("msgstore.mqtt.share-group").ifPresent(mqtt::setShareGroup);
        mqtt.setSessionExpirySeconds(
                settings.duration("msgstore.mqtt.session-expiry").toSeconds());
        // shared out: together the connections must not have more in flight than the queue holds
        mqtt.setReceiveMaximum(Math.max(1, settings.number("msgstore.mqtt.receive-maximum") / consumers));
        mqtt.setInFlightBytes(inFlightBytes);
        mqtt.setMaxPayloadBytes(settings.number("msgstore.max-payload-bytes"));
        mqtt.setEnoughInFlight(enoughInFlight(settings) / consumers);
        mqtt.setSessionFolder(settings.path("msgstore.data-dir").resolve("mqtt"));
        mqtt.setRetainedWanted(settings.flag("msgstore.include-retained"));
        mqtt.setTraced(settings.flag("msgstore.tracing"));
        mqtt.setAcknowledgeOnEnqueue(settings.text("msgstore.ack").equals("on-enqueue"));
    }

    /**
     * Messages in flight above which no more are read while some wait for workers: for each worker a batch, and one that fills
     * meanwhile. Small batches still go through the stages in numbers.
     */
    static int enoughInFlight(Settings settings) {
        return Math.max(
                LEAST_IN_FLIGHT, (settings.number("msgstore.workers") + 1) * settings.number("msgstore.batch-size"));
    }

    /** @param prefix of the four settings */
    static SSLSocketFactory tls(Settings settings, String prefix) {
        return Tls.socketFactory(
                file(settings, prefix + "truststore"),
                settings.text(prefix + "truststore-password"),
                file(settings, prefix + "keystore"),
                settings.text(prefix + "keystore-password"));
    }

    // absolute; null where it is empty
    private static String file(Settings settings, String key) {
        return settings.optional(key).isPresent() ? settings.path(key).toString() : null;
    }

    private void filters() {
        Filters filters = new Filters(
                settings.list("msgstore.include-topics"),
                settings.list("msgstore.exclude-topics"),
                settings.list("msgstore.include-users"),
                settings.list("msgstore.exclude-users"),
                settings.list("msgstore.include-clients"),
                settings.list("msgstore.exclude-clients"),
                settings.flag("msgstore.include-retained"));
        platform.condition("excluded", exchange -> filters.reason(exchange) != null);
        platform.step("filtered", platform.accounting().step(Outcome.FILTERED, filters::reason));
    }

    private void meters() {
        platform.gauge(
                "msgstore.mqtt.connected",
                "MQTT connections that are up and subscribed",
                mqtt,
                MqttComponent::connected);
        platform.gauge(
                "msgstore.mqtt.degraded",
                "1 while the broker grants less than was asked for, so that messages may be lost",
                mqtt,
                component -> component.shortfall() == null ? 0 : 1);
        FunctionCounter.builder("msgstore.mqtt.session.lost", mqtt, MqttComponent::sessionsLost)
                .description("Sessions that the broker had forgotten when we came back: messages may be missing")
                .register(platform.meters());
        int receiveMaximum = settings.number("msgstore.mqtt.receive-maximum");
        platform.gauge(
                "msgstore.mqtt.receive.maximum",
                "Messages that the broker may leave unacknowledged; it may have a lower limit of its own",
                mqtt,
                component -> receiveMaximum);
        platform.gauge(
                "msgstore.in.flight.bytes",
                "Bytes of messages that were received from the broker and are not yet settled",
                inFlightBytes,
                InFlightBytes::used);
        platform.gauge(
                "msgstore.in.flight.bytes.max",
                "Bytes above which no more are read from the broker",
                inFlightBytes,
                InFlightBytes::limit);
    }
}
