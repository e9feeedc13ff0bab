/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** The consumer against a real broker that is stopped, restarted and cut off. */
class MqttConsumerIT {

    private static final Duration LONG = Limits.LIMIT;

    @TempDir
    Path directory;

    @TempDir
    Path sessions;

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final List<DefaultCamelContext> contexts = new ArrayList<>();
    /** Of clients that other tests of this JVM have left. */
    private final Set<Thread> others = Set.copyOf(threads());

    private Broker broker;
    private MqttComponent mqtt;

    @BeforeEach
    void startBroker() {
        broker = new Broker(directory).start();
    }

    @AfterEach
    void stopAll() {
        contexts.forEach(DefaultCamelContext::stop);
        broker.close();
    }

    @Test
    void receivesWhatWasPublishedWhileItWasAway() {
        DefaultCamelContext first = consume("devices/#", this::note);
        awaitConnected();
        first.stop();

        publish("devices/a", 0, 5_000);
        consume("devices/#", this::note);

        await().atMost(LONG).untilAsserted(() -> assertThat(received).hasSize(5_000));
        assertThat(new HashSet<>(received)).hasSize(5_000);
    }

    @Test
    void receivesWhatComesTogetherWithTheConnectionsConfirmation() throws Exception {
        try (ScriptedBroker scripted = new ScriptedBroker(60)) {
            consume("t", this::note, c -> c.getConfiguration().setBrokerUrl(scripted.url()));
            await().atMost(LONG).untilAsserted(() -> assertThat(received).hasSize(60));
            await().atMost(LONG).untilAsserted(() -> assertThat(scripted.acknowledged)
                    .isEqualTo(IntStream.rangeClosed(1, 60).boxed().toList()));
        }
    }

    @Test
    void acknowledgesInTheOrderOfArrival() throws Exception {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        try (ScriptedBroker scripted = new ScriptedBroker(60)) {
            consume("t", hold(held), c -> c.getConfiguration().setBrokerUrl(scripted.url()));
            await().atMost(LONG).until(() -> held.size() == 60);
            assertThat(scripted.acknowledged).isEmpty();

            List<Held> shuffled = new ArrayList<>(held);
            Collections.shuffle(shuffled);
            shuffled.forEach(Held::complete);

            await().atMost(LONG).untilAsserted(() -> assertThat(scripted.acknowledged)
                    .isEqualTo(IntStream.rangeClosed(1, 60).boxed().toList()));
        }
    }

    @Test
    void acknowledgesWhatIsDeliveredBeforeTheConnectionIsTaken() throws Exception {
        try (ScriptedBroker scripted = new ScriptedBroker(60).deliveringEarly()) {
            consume("t", this::note, c -> c.getConfiguration().setBrokerUrl(scripted.url()));
            await().atMost(LONG).until(() -> received.size() == 60);
            assertThat(scripted.acknowledged).isEmpty();
            scripted.takeConnection();
            await().atMost(LONG).untilAsserted(() -> assertThat(scripted.acknowledged)
                    .isEqualTo(IntStream.rangeClosed(1, 60).boxed().toList()));
            awaitConnected();
            assertThat(received).as("none again, by another connection").hasSize(60);
        }
    }

    @Test
    void connectsAnewWhenAnAcknowledgementCannotBeSent() throws Exception {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        consume("devices/#", hold(held));
        awaitConnected();
        publish("devices/a", 0, 10);
        await().atMost(LONG).until(() -> held.size() == 10);
        breakAcknowledgements();
        completeAll(held);
        await("the same messages again").atMost(LONG).until(() -> held.size() == 20);
        completeAll(held);
        publish("devices/a", 10, 1);
        await().atMost(LONG).until(() -> payloads(held).contains("10"));
        assertThat(held).hasSize(21);
    }

    // no broker is known to make one fail, so its way out is taken from it
    private void breakAcknowledgements() throws ReflectiveOperationException {
        Object consumer = contexts.get(0).getRoutes().get(0).getConsumer();
        Object connection = ((List<?>) field(consumer, "connections")).get(0);
        Object client = field(field(field(connection, "link"), "transport"), "client");
        Field transport = client.getClass().getDeclaredField("transport");
        transport.setAccessible(true);
        transport.set(client, null);
    }

    private static Object field(Object owner, String name) throws ReflectiveOperationException {
        Field field = owner.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(owner);
    }

    @Test
    void staysWithinTheReceiveMaximumWhenTheBrokerDoesNot() throws Exception {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        try (ScriptedBroker scripted = new ScriptedBroker(60)) {
            consume("t", hold(held), c -> {
                c.getConfiguration().setBrokerUrl(scripted.url());
                c.setReceiveMaximum(20);
            });
            for (int settled = 0; settled < 60; settled += 10) {
                int expected = Math.min(60, settled + 20);
                await().atMost(LONG).until(() -> held.size() >= expected);
                await().during(Duration.ofMillis(100)).until(() -> held.size() == expected);
                held.subList(settled, settled + 10).forEach(Held::complete);
            }
            await().atMost(LONG).untilAsserted(() -> assertThat(scripted.acknowledged)
                    .isEqualTo(IntStream.rangeClosed(1, 60).boxed().toList()));
        }
    }

    @Test
    void redeliversWhatIsNotCompleted() {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        consume("devices/#", hold(held));
        awaitConnected();
        publish("devices/a", 0, 10);
        await().atMost(LONG).until(() -> held.size() == 10);
        held.subList(0, 4).forEach(Held::complete);
        // the four are on their way; a message of another client shows that the broker has had time for them
        publish("devices/b", 10, 1);
        await().atMost(LONG).until(() -> held.size() == 11);
        held.clear();

        broker.cut();

        await().atMost(LONG).until(() -> held.size() >= 7);
        assertThat(payloads(held)).containsExactlyInAnyOrder("4", "5", "6", "7", "8", "9", "10");
        held.forEach(Held::complete);
    }

    @Test
    void staysWithinTheReceiveMaximumOverConnections() {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        consume("devices/#", hold(held), mqtt -> mqtt.setReceiveMaximum(20));
        awaitConnected();
        publish("devices/a", 0, 60);
        await().atMost(LONG).until(() -> held.size() == 20);

        broker.cut();
        await().atMost(LONG).until(() -> mqtt.state().contains("waiting until 20 messages"));

        List.copyOf(held.subList(0, 15)).forEach(Held::complete);
        awaitConnected();
        // 5 of the last connection are still held, so this one may have 15
        await().atMost(LONG).until(() -> held.size() == 35);
        await().during(Duration.ofMillis(300)).atMost(LONG).until(() -> held.size() == 35);
        held.subList(15, 35).forEach(Held::complete);
        await().atMost(LONG).until(() -> held.size() > 35);
    }

    @Test
    void asksForTheWholeReceiveMaximumAgainWhenTheMessagesOfTheLastConnectionAreSettled() {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean holding = new AtomicBoolean(true);
        consume("devices/#", holdWhile(holding, held), mqtt -> mqtt.setReceiveMaximum(20));
        awaitConnected();
        publish("devices/a", 0, 5);
        await().atMost(LONG).until(() -> held.size() == 5);

        broker.cut();
        await().atMost(LONG).until(() -> mqtt.state().contains("for 15 messages at a time"));
        holding.set(false);
        completeAll(held);
        await().atMost(LONG).until(() -> !mqtt.state().contains("at a time"));
        awaitConnected();
        assertThat(held).as("each once before and once after the cut").hasSize(10);

        holding.set(true);
        held.clear();
        publish("devices/a", 5, 60);
        await().atMost(LONG).until(() -> held.size() == 20);
        holding.set(false);
        completeAll(held);
    }

    @Test
    void acknowledgesWhatItHasInHandBeforeItRenewsTheConnection() throws Exception {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        try (ScriptedBroker scripted = new ScriptedBroker(10)) {
            consume("t", hold(held), c -> c.getConfiguration().setBrokerUrl(scripted.url()));
            awaitConnected();
            await().atMost(LONG).until(() -> held.size() == 10);
            mqtt.renew();
            await().atMost(LONG).until(() -> mqtt.state().contains("renewing"));
            completeAll(held);
            await().atMost(LONG).untilAsserted(() -> assertThat(scripted.acknowledged)
                    .isEqualTo(IntStream.rangeClosed(1, 10).boxed().toList()));
            awaitConnected();
            await("the session again, as this broker does").atMost(LONG).until(() -> held.size() == 20);
            // the broker's answer shows that it has handled the acknowledgements
            assertThat(scripted.disconnects).containsExactly("after 10 acknowledgements and 1 UNSUBSCRIBE");
            completeAll(held);
        }
    }

    @Test
    void renewsTheConnectionToABrokerThatDoesNotAnswer() throws Exception {
        try (ScriptedBroker scripted = new ScriptedBroker(10).ignoringUnsubscribe()) {
            consume("t", this::note, c -> c.getConfiguration().setBrokerUrl(scripted.url()));
            awaitConnected();
            await().atMost(LONG).until(() -> received.size() == 10);
            mqtt.renew();
            await("the session again, as this broker does").atMost(LONG).until(() -> received.size() == 20);
            assertThat(scripted.disconnects).containsExactly("after 10 acknowledgements and 1 UNSUBSCRIBE");
        }
    }

    @Test
    void noticesThatTheBrokerHasForgottenTheSession() {
        consume("devices/#", this::note, this::remember);
        awaitConnected();
        cutAndAwait();
        assertThat(mqtt.sessionsLost()).isZero();

        broker.restartEmpty();
        await().atMost(LONG).until(() -> mqtt.sessionsLost() == 1);
        awaitConnected();
        contexts.get(0).stop();

        consume("devices/#", this::note, this::remember);
        awaitConnected();
        assertThat(mqtt.sessionsLost()).isZero();
        contexts.get(1).stop();

        broker.restartEmpty();
        consume("devices/#", this::note, this::remember);
        awaitConnected();
        assertThat(mqtt.sessionsLost()).isOne();
    }

    @Test
    void unsubscribesFromWhatIsNoLongerWanted() {
        consume("a/#,b/#", this::note, this::remember);
        awaitConnected();
        contexts.get(0).stop();
        publish("b/before", 0, 1);

        consume("a/#", this::note, this::remember);
        await().atMost(LONG).until(() -> filtersInFile().equals(List.of("a/#")));
        publish("b/after", 1, 1);
        publish("a/after", 2, 1);
        await().atMost(LONG).until(() -> received.contains("2"));
        assertThat(received).containsExactly("0", "2");
    }

    @Test
    void losesNothingByChangingToASharedSubscriptionAndBack() {
        consume("a/#", this::note, this::remember);
        awaitConnected();
        for (String group : Arrays.asList("g", null)) {
            contexts.get(contexts.size() - 1).stop();
            received.clear();
            publish("a/before", 0, 1_000);
            consume("a/#", this::note, component -> {
                remember(component);
                component.setShareGroup(group);
            });
            await().atMost(LONG).until(() -> filtersInFile().equals(List.of(group == null ? "a/#" : "$share/g/a/#")));
            assertThat(received).hasSize(1_000);

            // by one subscription, though what came while it renewed the connection perhaps twice
            AtomicInteger end = new AtomicInteger(1_000);
            do {
                assertThat(end).as("messages, and they still come twice").hasValueLessThan(2_000);
                publish("a/after", end.getAndAdd(100), 100);
                await().atMost(LONG)
                        .untilAsserted(() -> assertThat(new HashSet<>(received)).hasSize(end.get()));
            } while (end.get() < 1_200 || deliveries(end.get() - 200, end.get() - 100) > 100);
        }
    }

    private long deliveries(int from, int end) {
        return received.stream()
                .mapToInt(Integer::parseInt)
                .filter(i -> i >= from && i < end)
                .count();
    }

    @Test
    void redeliversAMessageWhoseExchangeFailed() {
        Set<String> failed = Collections.synchronizedSet(new HashSet<>());
        consume("devices/#", exchange -> {
            String payload = exchange.getMessage().getBody(String.class);
            if (payload.equals("3") && failed.add(payload)) {
                throw new IllegalStateException("not this time");
            }
            note(exchange);
        });
        awaitConnected();
        publish("devices/a", 0, 10);
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(new HashSet<>(received)).hasSize(10));
        assertThat(failed).containsExactly("3");
    }

    @Test
    void acknowledgesWhenTheQueueSaysThatItHasTheMessageIfToldSo() {
        List<Held> held = Collections.synchronizedList(new ArrayList<>());
        Processor hold = hold(held);
        consume(
                "devices/#",
                exchange -> {
                    exchange.getProperty(ExchangeProperties.ENQUEUED, Runnable.class)
                            .run();
                    hold.process(exchange);
                },
                c -> c.setAcknowledgeOnEnqueue(true));
        awaitConnected();
        publish("devices/a", 0, 10);
        await().atMost(LONG).until(() -> held.size() == 10);
        contexts.get(0).stop();
        held.clear();

        consume("devices/#", this::note);
        awaitConnected();
        publish("devices/a", 10, 1);
        await().atMost(LONG).until(() -> received.contains("10"));
        assertThat(received).containsExactly("10");
    }

    @Test
    void acknowledgesAtTheEndOfARouteBehindASedaQueue() {
        DefaultCamelContext context = context(c -> {});
        CountDownLatch gate = new CountDownLatch(1);
        addRoutes(context, new RouteBuilder() {
            @Override
            public void configure() {
                from("paho-mqtt5:devices/#").to("seda:queue");
                from("seda:queue").process(e -> gate.await()).process(MqttConsumerIT.this::note);
            }
        });
        context.start();
        awaitConnected();
        publish("devices/a", 0, 10);
        broker.cut();
        awaitConnected();
        gate.countDown();
        // redelivered, because none was completed before the cut
        await().atMost(LONG).untilAsserted(() -> assertThat(received).hasSize(20));
    }

    @Test
    void subscribesToSeveralFiltersFromYaml() throws Exception {
        DefaultCamelContext context = context(c -> {});
        context.getPropertiesComponent().addInitialProperty("msgstore.mqtt.topics", "a/#,b/+/c,$SYS/x");
        context.getRegistry().bind("note", (Processor) this::note);
        Resource yaml = ResourceHelper.fromString("intake.camel.yaml", """
                - route:
                    id: intake-mqtt
                    from:
                      uri: "paho-mqtt5:{{msgstore.mqtt.topics}}"
                      steps:
                        - process:
                            ref: note
                """);
        PluginHelper.getRoutesLoader(context).loadRoutes(yaml);
        context.start();
        awaitConnected();

        assertThat(((MqttEndpoint) context.getRoute("intake-mqtt").getEndpoint()).filters())
                .containsExactly("a/#", "b/+/c", "$SYS/x");
        publish("a/deep/down", 0, 1);
        publish("b/x/c", 1, 1);
        publish("b/x/d", 2, 1);
        publish("a", 3, 1);
        await().atMost(LONG).until(() -> received.size() >= 3);
        assertThat(received).containsExactlyInAnyOrder("0", "1", "3");
    }

    @Test
    void sharesTheMessagesBetweenItsConnections() {
        Set<String> connections = Collections.synchronizedSet(new HashSet<>());
        consume(
                "devices/#",
                exchange -> {
                    connections.add(Thread.currentThread().getName());
                    note(exchange);
                },
                c -> c.setConsumers(3));
        awaitConnected();
        assertThat(mqtt.connections()).isEqualTo(3);
        publish("devices/a", 0, 600);
        await().atMost(LONG).untilAsserted(() -> assertThat(received).hasSizeGreaterThanOrEqualTo(600));
        assertThat(received).doesNotHaveDuplicates().hasSize(600);
        assertThat(connections).hasSize(3);
    }

    @Test
    void waitsForABrokerThatIsAway() {
        broker.stop();
        consume("devices/#", this::note);
        await().atMost(LONG).until(() -> mqtt.state().contains("last error"));
        assertThat(mqtt.connections()).isEqualTo(1);
        assertThat(mqtt.connected()).isZero();

        broker.start();
        awaitConnected();
        publish("devices/a", 0, 1);
        await().atMost(LONG).until(() -> received.contains("0"));

        broker.stop();
        await().atMost(LONG).until(() -> mqtt.connected() == 0);
        broker.start();
        awaitConnected();
        publish("devices/a", 1, 1);
        await().atMost(LONG).until(() -> received.contains("1"));
        assertThat(mqtt.state()).contains("connected to " + broker.url()).doesNotContain("error");
    }

    @Test
    void triesARefusedSubscriptionAgain() {
        broker.deny("secret");
        consume("devices/#,secret/#", this::note);
        await().atMost(LONG).until(() -> mqtt.state().contains("secret/#"));
        assertThat(mqtt.connected()).isZero();
        broker.allow("secret");
        awaitConnected();
        publish("secret/a", 0, 1);
        publish("devices/a", 1, 1);
        await().atMost(LONG).untilAsserted(() -> assertThat(received).contains("0", "1"));
    }

    @Test
    void connectsAnewWhenTheBrokerDoesNotAnswerASubscription() throws Exception {
        try (ScriptedBroker scripted = new ScriptedBroker(0, 2)) {
            consume("t", this::note, component -> {
                component.getConfiguration().setBrokerUrl(scripted.url());
                component.setSubscribeTimeout(300);
            });
            await().atMost(LONG).until(() -> mqtt.state().contains("no answer to the subscription"));
            assertThat(mqtt.connected()).isZero();
            awaitConnected();
            assertThat(mqtt.state()).doesNotContain("no answer");
        }
    }

    @Test
    void waitsForTheRightPassword() {
        broker.password("s3cret");
        consume("devices/#", this::note, c -> {
            c.getConfiguration().setUserName("msgstore");
            c.getConfiguration().setPassword("wrong-one");
        });
        await().atMost(LONG).until(() -> mqtt.state().contains("last error"));
        assertThat(mqtt.state()).doesNotContain("wrong-one");
        broker.password("wrong-one");
        awaitConnected();
    }

    @Test
    void losesNothingBySuspendingAndResuming() throws Exception {
        DefaultCamelContext context = consume("devices/#", this::note);
        awaitConnected();
        ExecutorService publisher = Executors.newSingleThreadExecutor();
        Future<?> published = publisher.submit(() -> publish("devices/a", 0, 2_000));
        while (!published.isDone()) {
            context.getRouteController().suspendRoute("intake");
            assertThat(mqtt.connected()).isZero();
            context.getRouteController().resumeRoute("intake");
            awaitConnected();
        }
        published.get();
        publisher.shutdown();
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(new HashSet<>(received)).hasSize(2_000));
    }

    @Test
    void suspendsWhileTheRouteBlocks() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        DefaultCamelContext context = consume("devices/#", exchange -> {
            gate.await();
            note(exchange);
        });
        awaitConnected();
        publish("devices/a", 0, 50);
        await().atMost(LONG).until(() -> context.getInflightRepository().size() > 0);

        MqttConsumer consumer = (MqttConsumer) context.getRoute("intake").getConsumer();
        consumer.suspend();
        consumer.suspend();
        assertThat(mqtt.connected()).isZero();

        gate.countDown();
        consumer.resume();
        consumer.resume();
        awaitConnected();
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(new HashSet<>(received)).hasSize(50));
    }

    @Test
    void isSuspendedByControlbusFromItsOwnRoute() {
        DefaultCamelContext context = context(c -> {});
        addRoutes(context, new RouteBuilder() {
            @Override
            public void configure() {
                from("paho-mqtt5:devices/#")
                        .routeId("intake")
                        .to("controlbus:route?routeId=intake&action=suspend&async=true")
                        .process(MqttConsumerIT.this::note);
            }
        });
        context.start();
        awaitConnected();
        publish("devices/a", 0, 1);
        await().atMost(LONG)
                .until(() ->
                        context.getRouteController().getRouteStatus("intake").isSuspended());
        assertThat(mqtt.connected()).isZero();
    }

    @Test
    void acknowledgesWhatIsInFlightBeforeItStops() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        DefaultCamelContext context = consume("devices/#", exchange -> {
            gate.await();
            note(exchange);
        });
        awaitConnected();
        publish("devices/a", 0, 2);
        await().atMost(LONG).until(() -> context.getInflightRepository().size() > 0);
        Thread stopper = new Thread(context::stop);
        stopper.start();
        await().atMost(LONG).until(context::isStopping);
        await().atMost(LONG).until(() -> stopper.getState() != Thread.State.RUNNABLE);
        gate.countDown();
        stopper.join();
        List<String> before = List.copyOf(received);
        assertThat(before).contains("0");

        received.clear();
        consume("devices/#", this::note);
        awaitConnected();
        publish("devices/a", 2, 1);
        await().atMost(LONG).until(() -> received.contains("2"));
        List<String> all = new ArrayList<>(before);
        all.addAll(received);
        assertThat(all).containsExactlyInAnyOrder("0", "1", "2");
    }

    @Test
    void failsOverToTheNextAddress() {
        consume("devices/#", this::note, c -> c.getConfiguration()
                .setServerURIs("tcp://127.0.0.1:" + Broker.freePort() + "," + broker.url()));
        awaitConnected();
        publish("devices/a", 0, 1);
        await().atMost(LONG).until(() -> received.contains("0"));
    }

    @Test
    void leavesTheClientIdToTheConsumer() {
        DefaultCamelContext context = context(c -> {});
        addRoutes(context, new RouteBuilder() {
            @Override
            public void configure() {
                from("paho-mqtt5:devices/#").routeId("intake").process(MqttConsumerIT.this::note);
                from("direct:out").to("paho-mqtt5:devices/out?qos=1");
            }
        });
        context.start();
        awaitConnected();
        for (int i = 0; i < 20; i++) {
            context.createFluentProducerTemplate()
                    .to("direct:out")
                    .withBody("" + i)
                    .send();
        }
        await().atMost(LONG).until(() -> received.size() >= 20);
        assertThat(received).hasSize(20);
        assertThat(mqtt.connected()).isEqualTo(1);
    }

    @Test
    void refusesTwoConsumersWithOneClientId() {
        DefaultCamelContext context = context(c -> {});
        addRoutes(context, new RouteBuilder() {
            @Override
            public void configure() {
                from("paho-mqtt5:a/#").process(MqttConsumerIT.this::note);
                from("paho-mqtt5:b/#").process(MqttConsumerIT.this::note);
            }
        });
        assertThatThrownBy(context::start).hasStackTraceContaining("client id 'msgstore-test' is used by another");
    }

    @Test
    void leaksNoThreadByReconnecting() {
        consume("devices/#", this::note, c -> c.setReconnectDelayMax(5));
        awaitConnected();
        for (int i = 0; i < 3; i++) {
            cutAndAwait();
        }
        int before = clientThreads().size();
        for (int i = 0; i < 20; i++) {
            cutAndAwait();
        }
        await().atMost(LONG).untilAsserted(() -> assertThat(clientThreads()).hasSizeLessThanOrEqualTo(before));
        publish("devices/a", 0, 1);
        await().atMost(LONG).until(() -> received.contains("0"));
        contexts.get(0).stop();
        await().atMost(LONG).untilAsserted(() -> assertThat(clientThreads()).isEmpty());
    }

    @Test
    void leaksNoThreadWhenItsConnectionsAreClosedAtOnce() throws IOException {
        AtomicInteger attempts = new AtomicInteger();
        try (ServerSocket balancer = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread closer = new Thread(() -> {
                while (!balancer.isClosed()) {
                    try {
                        balancer.accept().close();
                        attempts.incrementAndGet();
                    } catch (IOException e) {
                        // the end of the test
                    }
                }
            });
            closer.setDaemon(true);
            closer.start();
            consume("devices/#", this::note, c -> {
                c.getConfiguration().setServerURIs("tcp://127.0.0.1:" + balancer.getLocalPort());
                c.setReconnectDelayMax(5);
            });
            await().atMost(LONG).until(() -> attempts.get() >= 20);
            // an attempt that is under way has a few
            assertThat(clientThreads()).hasSizeLessThanOrEqualTo(10);
        }
        contexts.get(0).stop();
        await().atMost(LONG).untilAsserted(() -> assertThat(clientThreads()).isEmpty());
    }

    @Test
    void passesTheMessageOnWithOneHeader() {
        List<Map<String, Object>> headers = new CopyOnWriteArrayList<>();
        List<MqttMessage> messages = new CopyOnWriteArrayList<>();
        consume("devices/#", exchange -> {
            assertThat(exchange.getMessage().getBody()).isInstanceOf(byte[].class);
            headers.add(Map.copyOf(exchange.getMessage().getHeaders()));
            messages.add(exchange.getProperty(MqttConsumer.MESSAGE, MqttMessage.class));
            note(exchange);
        });
        awaitConnected();
        publish("devices/a", 7, 1);
        await().atMost(LONG).until(() -> received.contains("7"));
        assertThat(headers).containsExactly(Map.of("CamelMqttTopic", "devices/a"));
        assertThat(messages.get(0).getQos()).isEqualTo(1);
    }

    private void cutAndAwait() {
        MqttConsumer consumer =
                (MqttConsumer) contexts.get(0).getRoute("intake").getConsumer();
        broker.cut();
        await().atMost(LONG).pollInterval(Duration.ofMillis(5)).until(() -> consumer.connectionStates()
                .noneMatch(ConnectionState::connected));
        awaitConnected();
    }

    private List<String> clientThreads() {
        return threads().stream()
                .filter(thread -> !others.contains(thread))
                .map(Thread::getName)
                .filter(name -> name.startsWith("MQTT "))
                .toList();
    }

    private static List<Thread> threads() {
        Thread[] threads = new Thread[Thread.activeCount() + 100];
        int n = Thread.enumerate(threads);
        return Arrays.asList(threads).subList(0, n);
    }

    private DefaultCamelContext consume(String filters, Processor processor) {
        return consume(filters, processor, c -> {});
    }

    private DefaultCamelContext consume(String filters, Processor processor, Consumer<MqttComponent> settings) {
        DefaultCamelContext context = context(settings);
        addRoutes(context, new RouteBuilder() {
            @Override
            public void configure() {
                from("paho-mqtt5:" + filters).routeId("intake").process(processor);
            }
        });
        context.start();
        return context;
    }

    private DefaultCamelContext context(Consumer<MqttComponent> settings) {
        DefaultCamelContext context = new DefaultCamelContext();
        context.getShutdownStrategy().setTimeout(20);
        mqtt = new MqttComponent(context);
        mqtt.getConfiguration().setBrokerUrl(broker.url());
        mqtt.getConfiguration().setClientId("msgstore-test");
        mqtt.getConfiguration().setQos(1);
        mqtt.setReconnectDelay(20);
        mqtt.setReconnectDelayMax(200);
        settings.accept(mqtt);
        context.getRegistry().bind("paho-mqtt5", mqtt);
        contexts.add(context);
        return context;
    }

    private static void addRoutes(DefaultCamelContext context, RoutesBuilder routes) {
        try {
            context.addRoutes(routes);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void note(Exchange exchange) {
        received.add(exchange.getMessage().getBody(String.class));
    }

    // takes the acknowledgement along, as a queue does
    private static Processor hold(List<Held> held) {
        return exchange -> {
            Exchange carrier = new DefaultExchange(exchange.getContext());
            exchange.getExchangeExtension().handoverCompletions(carrier);
            held.add(new Held(
                    exchange.getMessage().getBody(String.class),
                    carrier.getExchangeExtension().handoverCompletions(),
                    new AtomicBoolean()));
        };
    }

    private static Processor holdWhile(AtomicBoolean holding, List<Held> held) {
        Processor hold = hold(held);
        return exchange -> {
            hold.process(exchange);
            if (!holding.get()) {
                completeAll(held);
            }
        };
    }

    private static void completeAll(List<Held> held) {
        List.copyOf(held).forEach(Held::complete);
    }

    private void remember(MqttComponent component) {
        component.setSessionFolder(sessions);
    }

    private List<String> filtersInFile() throws IOException {
        return Files.readAllLines(sessions.resolve("msgstore-test.filters"));
    }

    private static List<String> payloads(List<Held> held) {
        synchronized (held) {
            return held.stream().map(Held::payload).toList();
        }
    }

    private record Held(String payload, List<Synchronization> completions, AtomicBoolean completed) {
        void complete() {
            if (completed.compareAndSet(false, true)) {
                completions.forEach(completion -> completion.onComplete(null));
            }
        }
    }

    private void awaitConnected() {
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> mqtt.connections() > 0 && mqtt.connected() == mqtt.connections());
    }

    private void publish(String topic, int from, int count) {
        try {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setUserName("device");
            options.setPassword("device".getBytes(StandardCharsets.UTF_8));
            MqttClient device = new MqttClient(broker.url(), "device-" + System.nanoTime(), new MemoryPersistence());
            device.connect(options);
            for (int i = from; i < from + count; i++) {
                device.publish(topic, Integer.toString(i).getBytes(StandardCharsets.UTF_8), 1, false);
            }
            device.disconnect();
            device.close();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }
}
