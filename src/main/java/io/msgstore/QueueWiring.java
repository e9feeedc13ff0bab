/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Properties;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.Service;
import org.apache.camel.component.kafka.KafkaComponent;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.processor.aggregate.UseOriginalAggregationStrategy;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.ExpressionAdapter;
import org.apache.camel.support.SimpleTypeConverter;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;

import io.msgstore.accounting.Accounting;
import io.msgstore.accounting.Outcome;
import io.msgstore.config.RedisUrl;
import io.msgstore.config.Settings;
import io.msgstore.contract.ExchangeProperties;
import io.msgstore.intake.Envelope;
import io.msgstore.intake.Tls;
import io.msgstore.queue.Backlog;
import io.msgstore.queue.Dequeue;
import io.msgstore.queue.Guarantees;
import io.msgstore.queue.QueueGate;
import io.msgstore.queue.QueueState;
import io.msgstore.queue.kafka.KafkaQueue;
import io.msgstore.queue.kafka.KafkaQueueComponent;
import io.msgstore.queue.redis.RedisComponent;
import io.msgstore.seda.SameExchangeSedaComponent;

/** Binds what the routes of the queue refer to, whichever queue it is. */
public final class QueueWiring {
    /** {@code msgstore.queue} of the one queue that does not outlive the process. */
    static final String MEMORY = "memory";

    private static final String REDIS = "redis";
    static final String KAFKA = "kafka";
    private static final String MESSAGES = "messages";
    private static final int ANSWER_MILLIS = 3000;
    private static final int CONNECT_MILLIS = 3000;

    private final Settings settings;
    private final Accounting accounting;
    private final MeterRegistry meters;
    private final String queue;
    private final QueueState state;
    private final Backlog backlog;
    private final Guarantees guarantees = new Guarantees();
    private final DrainWiring drain;

    public QueueWiring(Settings settings, Accounting accounting, MeterRegistry meters) {
        this.settings = settings;
        this.accounting = accounting;
        this.meters = meters;
        queue = settings.text("msgstore.queue");
        state = new QueueState(queue, settings.text("msgstore.queue.fallback"));
        int waitMillis = QueueGate.waitMillis(
                settings.text("msgstore.enqueue-mode"), settings.number("msgstore.enqueue-wait-ms"));
        backlog = new Backlog(queue, settings.number("msgstore.queue-size"), waitMillis, accounting, state);
        drain = settings.optional("msgstore.queue.drain")
                .map(drained -> new DrainWiring(settings, accounting, drained))
                .orElse(null);
    }

    /** What the routes of the queue ask for beside settings: {@code {{queue.…}}}. */
    public static Properties properties(Settings settings) {
        Properties properties = new Properties();
        int waitMillis = QueueGate.waitMillis(
                settings.text("msgstore.enqueue-mode"), settings.number("msgstore.enqueue-wait-ms"));
        properties.setProperty("queue.wait-ms", Integer.toString(waitMillis));
        // to seda: a wait of 0 is one without an end
        properties.setProperty("queue.waits", Boolean.toString(waitMillis > 0));
        boolean holds = settings.optional("msgstore.queue.fallback").isEmpty();
        properties.setProperty("queue.holds", Boolean.toString(holds));
        // without another way a message waits, however long; with one it goes there before long
        properties.setProperty("queue.delivery-timeout-ms", holds ? "2147483647" : "5000");
        properties.setProperty("queue.request-timeout-ms", holds ? "10000" : "3000");
        properties.setProperty("queue.max-bytes", Integer.toString(takenBytes(settings)));
        properties.setProperty(
                "queue.claim-after-ms",
                Long.toString(settings.duration("msgstore.redis.claim-after").toMillis()));
        return properties;
    }

    /**
     * How many bytes of messages from the broker may be in flight. Those that workers take from a durable queue have the other half:
     * with room in common, messages that wait for a place in the queue could take what the workers need to make one.
     */
    static int receivedBytes(Settings settings) {
        int all = settings.number("msgstore.max-in-flight-bytes");
        return durableQueues(settings) == 0 ? all : all / 2;
    }

    /** How many bytes each worker may take from a durable queue at a time. */
    static int takenBytes(Settings settings) {
        int workers = Math.max(1, durableQueues(settings)) * settings.number("msgstore.workers");
        return settings.number("msgstore.max-in-flight-bytes") / 2 / workers;
    }

    private static int durableQueues(Settings settings) {
        int drained = settings.optional("msgstore.queue.drain").isPresent() ? 1 : 0;
        return drained + (settings.text("msgstore.queue").equals(MEMORY) ? 0 : 1);
    }

    /** Whether the queue outlives the process. */
    boolean isDurable() {
        return !queue.equals(MEMORY);
    }

    /** Whether messages come from a queue that outlives the process. */
    boolean takesFromDurable() {
        return isDurable() || drain != null;
    }

    /** Whether the server behind the queue answers. */
    public QueueState state() {
        return state;
    }

    /** What the queue says of itself. */
    public Guarantees guarantees() {
        return guarantees;
    }

    /** Binds all of it; once for each context. */
    public QueueWiring bind(CamelContext context) {
        Registry registry = context.getRegistry();
        SameExchangeSedaComponent memory = new SameExchangeSedaComponent();
        registry.bind("seda", memory);
        QueueGate gate = new QueueGate(
                context,
                // of the one in memory, too, while it takes the place of the other
                () -> memory.length(MESSAGES) + (isDurable() ? backlog.length() : 0),
                settings.number("msgstore.queue-size"));
        measure(gate);
        registry.bind("queueGate", gate);
        registry.bind("leaveBroker", gate.shut());
        registry.bind("returnToBroker", gate.open());
        registry.bind("droppedQueueFull", accounting.step(Outcome.DROPPED, exchange -> "queue-full"));
        durable(context, registry);
        context.addRoutePolicyFactory(guarantees);
        server(context, queue, state);
        if (drain != null) {
            drain.bind(context, meters);
            server(context, drain.queue(), drain.state());
        }
        return this;
    }

    private void server(CamelContext context, String of, QueueState itsState) {
        switch (of) {
            case REDIS -> redis(context.getRegistry(), itsState);
            case KAFKA -> kafka(context, itsState);
            default -> {
                // memory is bound, and a user's own queue brings what it needs
            }
        }
    }

    private void measure(QueueGate gate) {
        Gauge.builder("msgstore.queue.len", gate, QueueGate::length)
                .description("Messages that wait in the queue")
                .register(meters);
        Gauge.builder("msgstore.queue.capacity", gate, QueueGate::capacity)
                .description("Messages that the queue holds at most")
                .register(meters);
        if (isDurable()) {
            Gauge.builder("msgstore.queue.up", state, one -> one.isAway() ? 0 : 1)
                    .description("Whether the server behind the queue answers: 1 or 0")
                    .register(meters);
            Gauge.builder("msgstore.queue.degraded", state, one -> one.isDegraded() ? 1 : 0)
                    .description("Whether messages go another way because it does not answer: 1 or 0")
                    .register(meters);
            accounting.expect(Outcome.ENQUEUED, queue);
        }
    }

    private void durable(CamelContext context, Registry registry) {
        // whatever puts a message somewhere for good puts all of it there
        context.getTypeConverterRegistry()
                .addTypeConverter(
                        byte[].class,
                        Envelope.class,
                        new SimpleTypeConverter(false, (type, exchange, value) -> ((Envelope) value).queued()));
        context.getTypeConverterRegistry()
                .addTypeConverter(
                        InputStream.class,
                        Envelope.class,
                        new SimpleTypeConverter(
                                false,
                                (type, exchange, value) -> new ByteArrayInputStream(((Envelope) value).queued())));
        Dequeue dequeue = new Dequeue(accounting, backlog, queue, settings.number("msgstore.max-payload-bytes"));
        registry.bind("takeBatch", (Processor) dequeue::batch);
        registry.bind("takeMessage", (Processor) dequeue::message);
        registry.bind("awaitStored", (Processor) dequeue::await);
        registry.bind("keepBatch", new UseOriginalAggregationStrategy(false));
        registry.bind("enqueued", (Processor) backlog::enqueued);
        registry.bind("queueFull", backlog.full());
        registry.bind("awaitPlace", (Processor) backlog::await);
        registry.bind("freePlace", (Processor) backlog::free);
        registry.bind("queueRefused", (Processor) backlog::refused);
        registry.bind("queueFails", (Processor) backlog::fails);
        registry.bind("measureQueue", (Processor) backlog::measure);
        registry.bind("queueMeasured", (Processor) backlog::measured);
        registry.bind("queueUnmeasured", (Processor) backlog::unmeasured);
        registry.bind("countFiles", (Processor) Backlog::countFiles);
        registry.bind("queueDegraded", (Predicate) exchange -> state.isDegraded());
        boolean fallback = settings.optional("msgstore.queue.fallback").isPresent();
        registry.bind("hasFallback", (Predicate) exchange -> fallback);
        registry.bind("hasQueueLength", (Predicate)
                exchange -> QueueLength.route(context, QueueLength.QUEUE).isPresent());
        registry.bind(
                "isReplay", (Predicate) exchange -> exchange.getProperty(ExchangeProperties.DEAD_LETTER_KEY) != null);
    }

    private void redis(Registry registry, QueueState itsState) {
        RedisUrl url = RedisUrl.parse(settings.text("msgstore.redis.url"));
        DefaultJedisClientConfig.Builder client = DefaultJedisClientConfig.builder()
                .connectionTimeoutMillis(CONNECT_MILLIS)
                .socketTimeoutMillis(ANSWER_MILLIS)
                .blockingSocketTimeoutMillis(2 * ANSWER_MILLIS)
                .database(url.database())
                .clientName("msgstore");
        settings.optional("msgstore.redis.username").ifPresent(client::user);
        settings.optional("msgstore.redis.password").ifPresent(client::password);
        if (url.tls()) {
            client.ssl(true)
                    .sslSocketFactory(Tls.socketFactory(
                            file("msgstore.redis.tls.truststore"),
                            settings.text("msgstore.redis.tls.truststore-password"),
                            file("msgstore.redis.tls.keystore"),
                            settings.text("msgstore.redis.tls.keystore-password")))
                    .sslParameters(Tls.verifyingHost());
        }
        JedisClientConfig configuration = client.build();
        registry.bind(
                "redis-stream",
                new RedisComponent(url, configuration, settings.text("msgstore.mqtt.client-id"), accounting, itsState));
    }

    private void kafka(CamelContext context, QueueState itsState) {
        Registry registry = context.getRegistry();
        KafkaConfiguration configuration = new KafkaConfiguration();
        Properties connection = new Properties();
        String brokers = settings.text("msgstore.kafka.brokers");
        configuration.setBrokers(brokers);
        // a name that can't be found yet is waited for, as a broker that is away
        configuration.setPreValidateHostAndPort(false);
        connection.setProperty("bootstrap.servers", brokers);
        connection.setProperty("client.id", settings.text("msgstore.mqtt.client-id") + "-watch");
        connection.setProperty("request.timeout.ms", Integer.toString(ANSWER_MILLIS));
        connection.setProperty("default.api.timeout.ms", Integer.toString(2 * ANSWER_MILLIS));
        security().forEach((name, value) -> {
            connection.put(name, value);
            configuration.getAdditionalProperties().put((String) name, value);
        });
        // Camel sets its own defaults for these two
        configuration.setSecurityProtocol(connection.getProperty("security.protocol"));
        configuration.setSaslMechanism(settings.text("msgstore.kafka.sasl-mechanism"));
        KafkaComponent component = new KafkaComponent();
        component.setConfiguration(configuration);
        registry.bind("kafka", component);
        registry.bind("noHeaders", noHeaders());
        registry.bind(
                "kafka-queue", new KafkaQueueComponent(component, settings.text("msgstore.mqtt.client-id"), itsState));
        KafkaQueue kafka = new KafkaQueue(
                new KafkaQueue.Plan(
                        settings.text("msgstore.queue.kafka.topic"),
                        settings.text("msgstore.queue.kafka.group"),
                        settings.flag("msgstore.queue.kafka.create-topic"),
                        settings.number("msgstore.queue.kafka.partitions"),
                        (short) settings.number("msgstore.queue.kafka.replication")),
                connection);
        if (queue.equals(KAFKA)) {
            // for --replay-queue, which reads no other
            registry.bind("kafkaQueue", kafka);
        }
        addService(context, kafka);
        // "${body.topic}" costs several microseconds
        registry.bind("messageTopic", new ExpressionAdapter() {
            @Override
            public Object evaluate(Exchange exchange) {
                return exchange.getMessage().getBody(Envelope.class).topic();
            }
        });
        registry.bind("kafkaLag", (Processor) kafka::length);
    }

    private static void addService(CamelContext context, Service service) {
        try {
            context.addService(service);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Properties security() {
        Properties properties = new Properties();
        String protocol = settings.text("msgstore.kafka.security-protocol");
        properties.setProperty("security.protocol", protocol);
        if (protocol.startsWith("SASL_")) {
            String mechanism = settings.text("msgstore.kafka.sasl-mechanism");
            properties.setProperty("sasl.mechanism", mechanism);
            properties.setProperty(
                    "sasl.jaas.config",
                    String.format(
                            "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";",
                            mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule",
                            quoted(settings.text("msgstore.kafka.sasl-username")),
                            quoted(settings.text("msgstore.kafka.sasl-password"))));
        }
        if (protocol.endsWith("SSL")) {
            store(properties, "truststore");
            store(properties, "keystore");
        }
        return properties;
    }

    private void store(Properties properties, String kind) {
        String key = "msgstore.kafka.tls." + kind;
        if (settings.optional(key).isEmpty()) {
            return;
        }
        String path = settings.path(key).toString();
        boolean pkcs12 = path.endsWith(".p12") || path.endsWith(".pfx");
        properties.setProperty("ssl." + kind + ".location", path);
        properties.setProperty("ssl." + kind + ".type", pkcs12 ? "PKCS12" : "PEM");
        String password = settings.text(key + "-password");
        if (!password.isEmpty()) {
            properties.setProperty(
                    pkcs12 || kind.equals("truststore") ? "ssl." + kind + ".password" : "ssl.key.password", password);
        }
    }

    private static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static HeaderFilterStrategy noHeaders() {
        return new HeaderFilterStrategy() {
            @Override
            public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
                return true;
            }

            @Override
            public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
                return true;
            }
        };
    }

    private String file(String key) {
        return settings.optional(key).isPresent() ? settings.path(key).toString() : null;
    }
}
