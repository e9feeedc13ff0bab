/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.canary;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;

import static org.assertj.core.api.Assertions.assertThat;

class CanaryTest {
    private static final String TOPIC = "msgstore/canary/me";

    private final DefaultCamelContext context = new DefaultCamelContext();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Accounting accounting = new Accounting(meters);
    private final AtomicInteger renewed = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private final Canary canary = new Canary(
                    "me", TOPIC, Duration.ofSeconds(10), accounting, renewed::incrementAndGet, nanos::get)
            .measured(meters);
    private final Exchange exchange = new DefaultExchange(context);

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void aCanaryThatIsFoundIsWell() throws Exception {
        canary.create(exchange);
        assertThat(exchange.getMessage()
                        .getHeader(PahoMqtt5Constants.CAMEL_PAHO_MSG_PROPERTIES, MqttProperties.class)
                        .getMessageExpiryInterval())
                .isEqualTo(10);
        assertThat(canary.isAwaited(exchange)).isTrue();
        pass(Duration.ofMillis(250));
        exchange.getMessage().setBody("a time");
        canary.looked(exchange);
        assertThat(canary.isAwaited(exchange)).isFalse();
        canary.judge(exchange);

        assertThat(canary.problem()).isNull();
        assertThat(meters.get("msgstore.canary.latency.ms").summary().max()).isEqualTo(250);
        assertThat(lost()).isZero();
        pass(Duration.ofHours(1));
        assertThat(canary.problem()).isNull();
    }

    @Test
    void aCanaryThatDoesNotComeBackRenewsTheSubscription() throws Exception {
        lose();
        assertThat(canary.problem()).contains("within 10 s", "did not come back");
        assertThat(renewed).hasValue(1);
        assertThat(lost()).isOne();

        canary.create(exchange);
        assertThat(canary.problem()).as("until the next one is there").isNotNull();
        exchange.getMessage().setBody("a time");
        canary.looked(exchange);
        canary.judge(exchange);
        assertThat(canary.problem()).isNull();
    }

    @Test
    void aCanaryThatCameBackIsNoReasonToSubscribeAnew() throws Exception {
        canary.create(exchange);
        Exchange received = received(TOPIC, exchange.getMessage().getBody(byte[].class));
        assertThat(canary.own().matches(received)).isTrue();
        canary.arrived(received);
        pass(Duration.ofSeconds(10));
        canary.judge(exchange);
        assertThat(canary.problem()).contains("it came back");
        assertThat(renewed).hasValue(0);
    }

    @Test
    void anOutageInWhichNothingMovesIsNoReasonToSubscribeAnew() throws Exception {
        accounting.receive(new DefaultExchange(context));
        lose();
        assertThat(renewed).hasValue(0);
    }

    @Test
    void aBacklogThatDrainsIsNoReasonToSubscribeAnew() throws Exception {
        canary.create(exchange);
        Ticket other = accounting.receive(new DefaultExchange(context));
        other.outcome(Outcome.STORED, "gps");
        other.onComplete(exchange);
        pass(Duration.ofSeconds(10));
        canary.judge(exchange);
        assertThat(canary.problem()).contains("did not come back");
        assertThat(renewed).hasValue(0);
    }

    @Test
    void oneThatIsNotPublishedIsNoReasonToSubscribeAnew() throws Exception {
        canary.create(exchange);
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, new IllegalStateException("no broker"));
        canary.published(exchange);
        canary.judge(exchange);
        assertThat(canary.problem()).contains("could not be published: no broker");
        assertThat(renewed).hasValue(0);
        assertThat(lost()).isOne();
    }

    @Test
    void aLateCanaryIsSeenBeforeItIsJudged() throws Exception {
        canary.create(exchange);
        pass(Duration.ofSeconds(9));
        assertThat(canary.problem()).isNull();
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, new IllegalStateException("no database"));
        canary.looked(exchange);
        pass(Duration.ofSeconds(1));
        assertThat(canary.isAwaited(exchange)).isFalse();
        assertThat(canary.problem()).contains("no database");
    }

    @Test
    void aCanaryThatIsFoundTooLateIsCountedAndEndsTheTrouble() throws Exception {
        lose();
        canary.create(exchange);
        pass(Duration.ofSeconds(11));
        exchange.getMessage().setBody("a time");
        canary.looked(exchange);
        canary.judge(exchange);
        assertThat(canary.problem()).isNull();
        assertThat(lost()).isEqualTo(2);
    }

    @Test
    void othersCanariesAreNotOurs() {
        byte[] payload = "{\"event\":\"canary\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(canary.own().matches(received(TOPIC, payload))).isTrue();
        assertThat(canary.own().matches(received(TOPIC + "2", payload))).isFalse();
        assertThat(canary.own().matches(received(TOPIC, "{\"event\":\"gps\"}".getBytes(StandardCharsets.UTF_8))))
                .isFalse();
    }

    private void lose() throws Exception {
        canary.create(exchange);
        exchange.getMessage().setBody(null);
        canary.looked(exchange);
        pass(Duration.ofSeconds(10));
        canary.judge(exchange);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private double lost() {
        return meters.get("msgstore.canary.lost").counter().count();
    }

    private Exchange received(String topic, byte[] payload) {
        Exchange received = new DefaultExchange(context);
        received.getMessage().setBody(Envelope.of(new ReceivedMessage(topic, payload), 1000));
        return received;
    }
}
