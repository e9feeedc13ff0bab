/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.support.Limits;
import io.msgstore.support.LogLines;
import io.msgstore.support.TestMosquitto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/** What a broker grants that is not what was asked for, and what a peer answers that is no broker for us. */
class GrantsIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String QOS_0 =
            "the broker grants QoS 0, not 1, to devices/#: it keeps nothing while msgstore is away,"
                    + " and what is on its way in a crash is lost";

    private DefaultCamelContext context;
    private MqttComponent mqtt;

    @AfterEach
    void stop() {
        if (context != null) {
            context.stop();
        }
    }

    @Test
    void aBrokerThatGrantsAllIsNotMentioned() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0);
                LogLines log = new LogLines(MqttConnection.class.getName())) {
            consume(broker.url(), "devices/#", c -> {});
            awaitConnected();
            assertThat(mqtt.shortfall()).isNull();
            assertThat(mqtt.isKept()).isTrue();
            assertThat(health().getDetails()).doesNotContainKey("degraded");
            assertThat(log.text()).noneMatch(line -> line.startsWith("WARN"));
        }
    }

    @Test
    void aLowerQosIsSaidOnceAndInTheHealth() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).granting(0);
                LogLines log = new LogLines(MqttConnection.class.getName())) {
            consume(broker.url(), "devices/#", c -> {});
            awaitConnected();
            broker.end();
            await().atMost(LIMIT).until(() -> broker.connections.get() == 2);
            awaitConnected();
            assertThat(mqtt.shortfall()).isEqualTo(QOS_0);
            assertThat(mqtt.isKept()).isFalse();
            assertThat(health().getState()).isEqualTo(HealthCheck.State.UP);
            assertThat(health().getDetails()).containsEntry("degraded", QOS_0);
            assertThat(log.text()).filteredOn(line -> line.contains(QOS_0)).hasSize(1);

            broker.granting(1).end();
            await().atMost(LIMIT).until(() -> mqtt.shortfall() == null);
            assertThat(mqtt.isKept()).isTrue();
        }
    }

    @Test
    void mosquittoWithALowerQosIsSaid() {
        assumeThat(TestMosquitto.isInstalled())
                .as("Mosquitto is not installed here")
                .isTrue();
        try (TestMosquitto mosquitto = TestMosquitto.with("max_qos 0")) {
            consume(mosquitto.url(), "devices/#", c -> {});
            awaitConnected();
            assertThat(mqtt.shortfall()).isEqualTo(QOS_0);
            assertThat(mqtt.check().shortfalls()).singleElement().asString().contains("grants QoS 0 at most");
            stop();
            consume(mosquitto.otherUrl(), "devices/#", c -> {});
            awaitConnected();
            assertThat(mqtt.shortfall()).isNull();
            assertThat(mqtt.check()).isEqualTo(new MqttComponent.Answer(null, List.of()));
        }
    }

    @Test
    void aSessionThatIsKeptForLessIsSaid() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).saying(0x11, 0, 0, 0x0E, 0x10)) {
            consume(broker.url(), "devices/#", c -> {});
            awaitConnected();
            assertThat(mqtt.shortfall())
                    .startsWith("the broker keeps our session for 1h, not 7d (msgstore.mqtt.session-expiry)");
            assertThat(mqtt.isKept()).isTrue();
            assertThat(mqtt.check().shortfalls()).singleElement().asString().contains("1h, not 7d");

            broker.saying(0x11, 0, 0, 0, 0).end();
            await().atMost(LIMIT).untilAsserted(() -> assertThat(mqtt.shortfall())
                    .isEqualTo("the broker keeps no session: what is published while msgstore is away is lost"));
            assertThat(mqtt.isKept()).isFalse();
        }
    }

    @Test
    void anotherClientIdIsSaid() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).saying(0x12, 0, 2, 'x', '1')) {
            consume(broker.url(), "devices/#", c -> {});
            awaitConnected();
            assertThat(mqtt.shortfall()).startsWith("the broker calls us 'x1', not 'msgstore-test'");
        }
    }

    @Test
    void retainedMessagesThatThereAreNoneOfAreSaidWhereTheyAreWanted() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).saying(0x25, 0)) {
            consume(broker.url(), "devices/#", c -> {});
            awaitConnected();
            assertThat(mqtt.shortfall()).isNull();
            stop();
            consume(broker.url(), "devices/#", c -> c.setRetainedWanted(true));
            awaitConnected();
            assertThat(mqtt.shortfall()).contains("msgstore.include-retained");
        }
    }

    @Test
    void wildcardsThatABrokerDoesNotTakeAreNotAskedFor() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).saying(0x28, 0)) {
            consume(broker.url(), "devices/#,status", c -> {});
            await().atMost(LIMIT).until(() -> mqtt.state().contains("wildcards"));
            assertThat(mqtt.state())
                    .contains("can't subscribe to devices/#: the broker takes no wildcards in subscriptions:"
                            + " msgstore.mqtt.topics must name topics without + and #");
            assertThat(health().getState()).isEqualTo(HealthCheck.State.DOWN);
            assertThat(broker.subscriptions).containsExactly(List.of("status"));
            assertThat(broker.connections).hasValue(1);
        }
    }

    @Test
    void sharedSubscriptionsThatABrokerDoesNotHaveAreNotAskedFor() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).saying(0x2A, 0)) {
            consume(broker.url(), "devices/#", c -> c.setShareGroup("g"));
            await().atMost(LIMIT).until(() -> mqtt.state().contains("shared subscriptions"));
            assertThat(broker.subscriptions).isEmpty();
            assertThat(broker.connections).hasValue(1);
        }
    }

    @Test
    void pingsAsOftenAsTheBrokerWantsIt() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0).saying(0x13, 0, 1)) {
            consume(broker.url(), "devices/#", c -> c.getConfiguration().setKeepAliveInterval(3600));
            await().atMost(LIMIT).until(() -> broker.pings.get() >= 3);
            assertThat(broker.connections).hasValue(1);
        }
    }

    @Test
    void subscribesInPacketsThatTheBrokerTakes() throws Exception {
        try (ScriptedBroker broker =
                new ScriptedBroker(0).saying(0x27, 0, 0, 0, 100).takingPacketsUpTo(100)) {
            String filter = "a-topic-of-forty-letters-and-a-number-000";
            consume(broker.url(), filter + "1," + filter + "2," + filter + "3", c -> c.getConfiguration()
                    .setClientId("m"));
            awaitConnected();
            assertThat(broker.subscriptions)
                    .containsExactly(List.of(filter + "1", filter + "2"), List.of(filter + "3"));
            assertThat(broker.connections).hasValue(1);
        }
    }

    @Test
    void theEndOfAConnectionIsSaidInWords() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(0)) {
            consume(broker.url(), "devices/#", c -> {});
            awaitConnected();
            broker.end(0xE0, 2, 0x8E, 0);
            await().atMost(LIMIT)
                    .until(() -> lastError().contains("0x8e: another client has connected with our client id"));
            awaitConnected();
            broker.end();
            await().atMost(LIMIT)
                    .until(() -> lastError().startsWith("lost the broker: it closed the connection without a reason:"));
        }
    }

    @Test
    void aPeerThatIsNoBrokerForUsIsSaid() throws Exception {
        assertThat(answerTo()).startsWith("it closed the connection without an answer: it may want TLS (ssl://)");
        assertThat(answerTo('H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4', '0', '0', '\r', '\n'))
                .isEqualTo("it is no MQTT broker: it answers \"HTTP/1.1 400\"");
        assertThat(answerTo(0x15, 3, 3, 0, 2, 2, 40)).isEqualTo("it wants TLS: is ssl:// or wss:// meant?");
        assertThat(answerTo(0x20, 2, 0, 1)).isEqualTo("it speaks MQTT 3.1.1, and msgstore needs MQTT 5");
        assertThat(answerTo(0x20, 2, 0, 5))
                .isEqualTo("it speaks MQTT 3.1.1, and msgstore needs MQTT 5 (return code 5)");
        assertThat(answerTo(0x20, 3, 0, 0x84, 0)).isEqualTo("0x84: it takes no MQTT 5, which msgstore needs");
        assertThat(answerTo(0x20, 3, 0, 0x87, 0)).isEqualTo("0x87: we are not allowed to");
    }

    // what a check says, and the consumer too
    private String answerTo(int... bytes) throws IOException {
        try (ScriptedBroker broker = new ScriptedBroker(0).answering(bytes)) {
            consume(broker.url(), "devices/#", c -> {});
            await().atMost(LIMIT).until(() -> !lastError().isEmpty());
            String problem = mqtt.check().problem();
            assertThat(lastError()).isEqualTo("can't connect to " + broker.url() + ": " + problem);
            stop();
            return problem;
        }
    }

    private String lastError() {
        return mqtt.connectionStates().stream()
                .map(ConnectionState::lastError)
                .map(error -> error == null ? "" : error)
                .findFirst()
                .orElse("");
    }

    private HealthCheck.Result health() {
        return new MqttHealth(mqtt).call();
    }

    private void awaitConnected() {
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> mqtt.connections() > 0 && mqtt.connected() == mqtt.connections());
    }

    private void consume(String url, String filters, Consumer<MqttComponent> settings) {
        context = new DefaultCamelContext();
        mqtt = new MqttComponent(context);
        mqtt.getConfiguration().setBrokerUrl(url);
        mqtt.getConfiguration().setClientId("msgstore-test");
        mqtt.getConfiguration().setQos(1);
        mqtt.setReconnectDelay(20);
        mqtt.setReconnectDelayMax(200);
        settings.accept(mqtt);
        context.getRegistry().bind("paho-mqtt5", mqtt);
        try {
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("paho-mqtt5:" + filters).routeId("intake").to("log:devices?level=OFF");
                }
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        context.start();
    }
}
