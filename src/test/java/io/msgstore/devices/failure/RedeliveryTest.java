/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.platform.flow.Nodes;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

/** How often the route configurations of {@code routes/failure} try again what fails, and where they send it then. */
class RedeliveryTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final int RETRY_MAX = 3;
    /** More often than any limit that a policy has, or has by default. */
    private static final int MANY = 30;

    private static final List<String> PROCESSORS = List.of("isolationWaits", "freePlace", "queueRefused");
    private static final List<String> TARGETS = List.of(
            "direct:give-up",
            "direct:isolate",
            "direct:halve",
            "direct:spool",
            "direct:isolate-dead-letter",
            "direct:dead-letter",
            "direct:dispatch",
            "direct:queue-fallback");

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final Set<String> matching = ConcurrentHashMap.newKeySet();
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicInteger redeliveries = new AtomicInteger();
    private final CompletableFuture<String> reached = new CompletableFuture<>();
    private volatile int failures = MANY;
    private volatile RuntimeException next;

    @BeforeEach
    void load() throws Exception {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(PROJECT.resolve("application.properties"))) {
            settings.load(reader);
        }
        settings.setProperty("msgstore.retry-max", Integer.toString(RETRY_MAX));
        settings.setProperty("msgstore.retry-backoff-ms", "1");
        settings.setProperty("msgstore.retry-backoff-max-ms", "2");
        camel.getPropertiesComponent().setInitialProperties(settings);
        camel.getRegistry().bind("hasFallback", (Predicate) exchange -> matching.contains("hasFallback"));
        camel.getRegistry().bind("failures", new ToldFailures(matching));
        camel.getRegistry().bind("isolation", new ToldIsolation(matching));
        for (String name : PROCESSORS) {
            camel.getRegistry().bind(name, (Processor) exchange -> {});
        }
        camel.getRegistry().bind("queueFails", (Processor) exchange -> redeliveries.incrementAndGet());
        PluginHelper.getRoutesLoader(camel)
                .loadRoutes(ResourceHelper.resolveMandatoryResource(
                        camel, "file:" + PROJECT.resolve("routes/failure/failure.camel.yaml")));
        String kafka = Files.readString(PROJECT.resolve("routes/queue/kafka.camel.yaml"));
        PluginHelper.getRoutesLoader(camel)
                .loadRoutes(
                        ResourceHelper.fromString("kafka.camel.yaml", kafka.substring(0, kafka.indexOf("- route:"))));
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    @ParameterizedTest
    @CsvSource({"store-failure", "isolate-failure", "dead-letter-failure"})
    void anOutageThatIsHeldIsTriedAgainWithoutEnd(String configuration) throws Exception {
        matching.add("isHeld");
        assertThat(send(configuration, new IllegalStateException("away")).isFailed())
                .isFalse();
        assertThat(attempts).hasValue(MANY + 1);
        assertThat(reached).isNotDone();
    }

    @ParameterizedTest
    @CsvSource({
        "store-failure, direct:give-up",
        "isolate-failure, direct:give-up",
        "dead-letter-failure, direct:spool",
    })
    void anOutageThatIsNotHeldIsTriedAgainAsOftenAsTheSettingSays(String configuration, String target)
            throws Exception {
        send(configuration, new IllegalStateException("away"));
        assertThat(attempts).hasValue(1 + RETRY_MAX);
        assertThat(reached).isCompletedWithValue(target);
    }

    @Test
    void aStatementThatIsTooSlowIsTriedAgainBeforeItsBatchIsHalved() throws Exception {
        matching.add("isTooSlow");
        send("store-failure", new IllegalStateException("slow"));
        assertThat(attempts).hasValue(1 + RETRY_MAX);
        assertThat(reached).isCompletedWithValue("direct:halve");
    }

    @ParameterizedTest
    @CsvSource({
        "store-failure, isRefused, direct:isolate",
        "isolate-failure, isByHalves, direct:halve",
        "dead-letter-failure, isBadData, direct:isolate-dead-letter",
        "unexpected-failure, , direct:dead-letter",
        "queue-failure, hasFallback, direct:queue-fallback",
    })
    void whatWouldFailAgainIsNotTriedAgain(String configuration, String predicate, String target) throws Exception {
        if (predicate != null) {
            matching.add(predicate);
        }
        send(configuration, new IllegalStateException("refused"));
        assertThat(attempts).hasValue(1);
        assertThat(reached).isCompletedWithValue(target);
    }

    @Test
    void aRouteGoesOnBehindAStepThatIsSkippedAndFindsItsError() throws Exception {
        RuntimeException error = new IllegalStateException("away");
        Exchange exchange = send("skipped-failure", error);
        assertThat(exchange.isFailed()).isFalse();
        assertThat(exchange.getProperty(Exchange.EXCEPTION_CAUGHT)).isSameAs(error);
        assertThat(attempts).hasValue(1);
        assertThat(reached).isNotDone();
    }

    @Test
    void aRecordThatKafkaNeverTakesGoesOnWithoutTheQueue() throws Exception {
        String configurations = "kafka-failure,queue-failure";
        matching.add("hasFallback");
        send(configurations, new IllegalStateException("Kafka", new RecordTooLargeException("too large")));
        assertThat(attempts).hasValue(1);
        assertThat(reached).isCompletedWithValue("direct:dispatch");
    }

    @Test
    void aRouteThatIsStoppedWhileAnOutageIsHeldIsTheCallers() throws Exception {
        next = new RejectedExecutionException("stopped");
        assertThat(send("queue-failure", new IllegalStateException("away")).getException())
                .isSameAs(next);
        assertThat(attempts).hasValue(2);
        assertThat(reached).isNotDone();
    }

    @ParameterizedTest
    @CsvSource({"unexpected-failure", "queue-failure"})
    void aStoppedRouteIsTheCallers(String configuration) throws Exception {
        assertThat(send(configuration, new RejectedExecutionException("stopped"))
                        .getException())
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(attempts).hasValue(1);
        assertThat(reached).isNotDone();
    }

    @Test
    void aDurableQueueIsTriedAgainWithoutEndOnAThreadOfItsOwn() throws Exception {
        RedeliveryPolicy policy = policy("until-queued");
        assertThat(policy.getRedeliveryDelay()).isEqualTo(1000);
        assertThat(policy.isAsyncDelayedRedelivery()).isTrue();
        policy.setRedeliveryDelay(1);
        assertThat(send("queue-failure", new IllegalStateException("away")).isFailed())
                .isFalse();
        assertThat(attempts).hasValue(MANY + 1);
        assertThat(redeliveries).hasValue(MANY);
    }

    @Test
    void aStopEndsTheWaiting() throws Exception {
        failures = Integer.MAX_VALUE;
        matching.add("isHeld");
        CompletableFuture<Exchange> waiting =
                CompletableFuture.supplyAsync(() -> sendUnchecked("store-failure", new IllegalStateException("away")));
        Awaitility.await("many attempts").atMost(Limits.LIMIT).until(() -> attempts.get() > MANY);
        camel.stop();
        assertThat(waiting.get(Limits.SECONDS, TimeUnit.SECONDS).isFailed()).isTrue();
        assertThat(reached).isNotDone();
    }

    @ParameterizedTest
    @CsvSource({"no-redelivery, 0", "a-few-times, 3", "until-back, -1", "until-queued, -1"})
    void aPolicyWritesNothingIntoTheLogByItself(String name, int maximum) {
        RedeliveryPolicy policy = policy(name);
        assertThat(policy.getMaximumRedeliveries()).isEqualTo(maximum);
        assertThat(policy.isLogExhausted()).isFalse();
        assertThat(policy.isAllowRedeliveryWhileStopping()).isEqualTo(maximum == 0);
    }

    @ParameterizedTest
    @CsvSource({"a-few-times", "until-back"})
    void theWaitDoublesUpToItsLimit(String name) {
        RedeliveryPolicy policy = policy(name);
        policy.setMaximumRedeliveryDelay(5);
        assertThat(policy.calculateRedeliveryDelay(0, 1)).isEqualTo(1);
        assertThat(policy.calculateRedeliveryDelay(2, 2)).isEqualTo(4);
        assertThat(policy.calculateRedeliveryDelay(4, 3)).isEqualTo(5);
    }

    @Test
    void aPolicyThatDoesNotExistIsFoundBeforeARouteStarts() {
        assertThat(Nodes.mistake(camel)).isEmpty();
        camel.getRegistry().unbind("until-back");
        assertThat(Nodes.mistake(camel))
                .hasValue("store-hold names the redelivery policy until-back, which does not exist");
    }

    @Test
    void aMethodThatTheBeanDoesNotHaveIsFoundBeforeAMessageComes() throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:calls").bean("isolation", "leave").id("calls-leave");
            }
        });
        assertThat(Nodes.mistake(camel)).isEmpty();
        camel.getRegistry().bind("failures", new Object());
        assertThat(Nodes.mistake(camel))
                .hasValue("store-refused calls isRefused, which the bean failures does not have");
        camel.getRegistry().bind("failures", new ToldFailures(matching));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:calls-wrong").bean("isolation", "laeve").id("calls-wrong");
            }
        });
        assertThat(Nodes.mistake(camel)).hasValue("calls-wrong calls laeve, which the bean isolation does not have");
    }

    private RedeliveryPolicy policy(String name) {
        RedeliveryPolicy policy = camel.getRegistry().lookupByNameAndType(name, RedeliveryPolicy.class);
        assertThat(policy).as(name).isNotNull();
        return policy;
    }

    private Exchange sendUnchecked(String configuration, RuntimeException error) {
        try {
            return send(configuration, error);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Sends a message to a step that fails as often as is to be, and returns it when it is through.
     *
     * @param error of the first failure, and of the others where there is no {@link #next}
     */
    private Exchange send(String configuration, RuntimeException error) throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                for (String target : TARGETS) {
                    from(target).process(exchange -> reached.complete(target));
                }
                from("direct:in").routeConfigurationId(configuration).process(exchange -> {
                    int attempt = attempts.incrementAndGet();
                    if (attempt <= failures) {
                        throw attempt == 1 || next == null ? error : next;
                    }
                });
            }
        });
        camel.start();
        return camel.createProducerTemplate()
                .send("direct:in", exchange -> exchange.getMessage().setBody(List.of()));
    }

    /** Says of an error what the test says. */
    public static final class ToldFailures {
        private final Set<String> matching;

        ToldFailures(Set<String> matching) {
            this.matching = matching;
        }

        public boolean isRefused() {
            return matching.contains("isRefused");
        }

        public boolean isTooSlow() {
            return matching.contains("isTooSlow");
        }

        public boolean isHeld() {
            return matching.contains("isHeld");
        }

        public boolean isBadData() {
            return matching.contains("isBadData");
        }
    }

    /** The same of an isolation. */
    public static final class ToldIsolation {
        private final Set<String> matching;

        ToldIsolation(Set<String> matching) {
            this.matching = matching;
        }

        public boolean isByHalves() {
            return matching.contains("isByHalves");
        }

        public void leave(Exchange exchange) {
            // the messages stay unacknowledged
        }
    }
}
