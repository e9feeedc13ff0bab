/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * A throw-away Kafka of one node in a process of its own, on a random port. It keeps its port and its data when it is stopped,
 * killed and started again. It leaves the syncing to the system, as Kafka does, and still keeps every record that it
 * confirmed: data outlive the server's process, which is all that a test can end.
 */
public final class TestKafka implements AutoCloseable {
    static final String CONTROLLER = "CONTROLLER";

    private static final Duration START_LIMIT = Limits.LIMIT;

    static {
        // at info its clients print all their settings
        Configurator.setLevel("org.apache.kafka", Level.WARN);
    }

    private final Path folder = Folders.temporary("kafka");
    private final String clusterId = Uuid.randomUuid().toString();
    private final Map<String, String> settings;
    private final Map<String, Object> security;
    private final List<String> jvmArguments;
    private ChildJvm process;
    private int port;

    private TestKafka(Builder builder) {
        settings = builder.settings;
        security = builder.security;
        jvmArguments = new ArrayList<>(builder.jvmArguments);
        jvmArguments.add("-Dlog.level=warn");
        port = OnFreePort.start(OnFreePort::any, candidate -> {
            port = candidate;
            configure();
            launch();
        });
    }

    /** Starts a new one that lets everybody in. */
    public static TestKafka running() {
        return builder().start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** What is other than usual. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, Object> security = new LinkedHashMap<>();
        // a test's Kafka is small and lives for seconds
        private List<String> jvmArguments = List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

        private Builder() {
            protocol("PLAINTEXT");
            // one node: no copies
            for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
                set(topic + ".replication.factor", "1");
                set(topic + ".num.partitions", "1");
            }
            set("transaction.state.log.min.isr", "1");
            set("share.coordinator.state.topic.min.isr", "1");
            set("default.replication.factor", "1");
            set("min.insync.replicas", "1");
            set("group.initial.rebalance.delay.ms", "0");
            set("auto.create.topics.enable", "false");
            // after a kill it waits until the controller has given it up for dead: for 9 s unless set
            set("broker.session.timeout.ms", "2000");
            set("broker.heartbeat.interval.ms", "200");
            // 128 MB unless set, a third of the heap
            set("log.cleaner.dedupe.buffer.size", "4194304");
        }

        private void protocol(String name) {
            set("listener.security.protocol.map", "CLIENT:" + name + ",CONTROLLER:PLAINTEXT");
            security.put("security.protocol", name);
        }

        /** Lets in only this user, by SASL/PLAIN without TLS. */
        public Builder withUser(String name, String password) {
            protocol("SASL_PLAINTEXT");
            // the server is a client of itself
            String login = "org.apache.kafka.common.security.plain.PlainLoginModule required username=" + quoted(name)
                    + " password=" + quoted(password);
            set("sasl.enabled.mechanisms", "PLAIN");
            set("sasl.mechanism.inter.broker.protocol", "PLAIN");
            set(
                    "listener.name.client.plain.sasl.jaas.config",
                    login + " " + quoted("user_" + name) + "=" + quoted(password) + ";");
            security.put("sasl.mechanism", "PLAIN");
            security.put("sasl.jaas.config", login + ";");
            return this;
        }

        private static String quoted(String value) {
            return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        }

        /** Takes the place of a small heap and a quick compiler. */
        public Builder jvmArguments(String... values) {
            jvmArguments = List.of(values);
            return this;
        }

        /** Sets any property of the server. */
        public Builder set(String key, String value) {
            settings.put(key, value);
            return this;
        }

        public TestKafka start() {
            return new TestKafka(this);
        }
    }

    private void configure() {
        int controller = OnFreePort.any();
        Properties server = new Properties();
        server.put("process.roles", "broker,controller");
        server.put("node.id", "1");
        server.put("controller.listener.names", CONTROLLER);
        server.put("controller.quorum.voters", "1@" + OnFreePort.HOST + ":" + controller);
        server.put(
                "listeners", "CLIENT://" + bootstrap() + "," + CONTROLLER + "://" + OnFreePort.HOST + ":" + controller);
        server.put("inter.broker.listener.name", "CLIENT");
        server.put("log.dirs", folder.resolve("data").toString());
        server.putAll(settings);
        write(server, "server.properties");
        Properties client = new Properties();
        client.putAll(clientProperties());
        write(client, "client.properties");
    }

    private void write(Properties properties, String name) {
        try (Writer writer = Files.newBufferedWriter(folder.resolve(name))) {
            properties.store(writer, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void launch() {
        ChildJvm started = ChildJvm.ofClass(
                KafkaMain.class,
                jvmArguments,
                List.of(
                        folder.resolve("server.properties").toString(),
                        folder.resolve("client.properties").toString(),
                        clusterId),
                folder.resolve("output.log"));
        try {
            started.awaitLine(KafkaMain.STARTED, START_LIMIT);
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
        process = started;
    }

    /**
     * Starts it again after {@link #stop()} or {@link #kill9()}, on the same port and data, and waits until it serves clients.
     *
     * @throws IllegalStateException when the port was taken while it was down
     */
    public synchronized void start() {
        if (process == null) {
            launch();
        }
    }

    /** Stops it in good order. */
    public synchronized void stop() {
        if (process != null) {
            process.terminate();
            process.close();
            process = null;
        }
    }

    public synchronized void kill9() {
        process.close();
        process = null;
    }

    /** Stops it in good order, and starts it again. */
    public synchronized void restart() {
        stop();
        start();
    }

    /** Makes a topic; it does not come by itself. */
    public void createTopic(String name, int partitions) {
        try (Admin admin = Admin.create(clientProperties())) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Where clients connect, as {@code bootstrap.servers} takes it. */
    public String bootstrap() {
        return OnFreePort.HOST + ":" + port;
    }

    /** Address, user and password for a client of it, to which serializers and the rest may be added. */
    public Map<String, Object> clientProperties() {
        Map<String, Object> properties = new LinkedHashMap<>(security);
        properties.put("bootstrap.servers", bootstrap());
        return properties;
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    /** What the server has said since it was last started: warnings and errors. */
    public synchronized String output() {
        return process.output();
    }

    @Override
    public void close() {
        stop();
        Folders.delete(folder);
    }
}
