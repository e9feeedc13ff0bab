/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;

/**
 * A throw-away Redis on a random port. It keeps its port when it is stopped, killed and started again, and its data too:
 * unless told otherwise it writes each command to its file, and syncs the file, before it answers.
 */
public final class TestRedis implements AutoCloseable {
    private static final String CONFIGURATION = "redis.conf";
    private static final Duration STOP_INTERVAL = Duration.ofMillis(20);
    private static final Duration STOP_LIMIT = Limits.LIMIT;

    private final Path folder = Folders.temporary("redis");
    private final Map<String, String> settings;
    private final String password;
    private final TestCertificate certificate;
    private ChildProcess process;
    private int port;

    private TestRedis(Builder builder) {
        settings = builder.settings;
        password = builder.password;
        certificate = builder.tls ? TestCertificate.in(folder) : null;
        port = OnFreePort.start(builder.ports, candidate -> {
            configure(candidate);
            launch();
        });
    }

    /** Starts a new one that keeps its data and lets everybody in. */
    public static TestRedis running() {
        return builder().start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** What is other than usual. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private IntSupplier ports = OnFreePort::any;
        private String password;
        private boolean tls;

        private Builder() {
            set("appendonly", "yes");
            set("appendfsync", "always");
            set("save", "\"\"");
        }

        /** Forgets all when it ends. */
        public Builder withoutPersistence() {
            return set("appendonly", "no");
        }

        /** Lets in only who says this. */
        public Builder password(String value) {
            password = value;
            String quoted = '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            return set("requirepass", quoted).set("masterauth", quoted);
        }

        /** Speaks TLS on its port, and nothing else; asks no client for a certificate. */
        public Builder tls() {
            tls = true;
            return this;
        }

        /** Sets any line of its configuration file; a value that is empty or has blanks needs quotes. */
        public Builder set(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** A node of a cluster, which listens for the others 10,000 above its port. */
        Builder clusterNode(IntSupplier lowPorts) {
            ports = lowPorts;
            return set("cluster-enabled", "yes");
        }

        public TestRedis start() {
            return new TestRedis(this);
        }
    }

    // once: Sentinel has it rewritten when it makes another one the master
    private void configure(int listening) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("bind", OnFreePort.HOST);
        all.put("dir", folder.toString());
        if (certificate == null) {
            all.put("port", Integer.toString(listening));
        } else {
            all.put("port", "0");
            all.put("tls-port", Integer.toString(listening));
            all.put("tls-cert-file", certificate.certificate().toString());
            all.put("tls-key-file", certificate.key().toString());
            all.put("tls-ca-cert-file", certificate.certificate().toString());
            all.put("tls-auth-clients", "no");
        }
        all.putAll(settings);
        try {
            Files.writeString(
                    folder.resolve(CONFIGURATION),
                    all.entrySet().stream()
                            .map(setting -> setting.getKey() + " " + setting.getValue() + "\n")
                            .collect(Collectors.joining()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void launch() {
        process = RedisProgram.start(folder, "Ready to accept connections", CONFIGURATION);
    }

    /**
     * Starts it again after {@link #stop()} or {@link #kill9()}, on the same port and data.
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
            // more than once: one that has just become a copy refuses until it has written its file
            Awaitility.await("end of Redis")
                    .pollDelay(Duration.ZERO)
                    .pollInterval(STOP_INTERVAL)
                    .atMost(STOP_LIMIT)
                    .until(() -> {
                        process.askToEnd();
                        return !process.isAlive();
                    });
            kill9();
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

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    /** Where it listens, without the password; {@code rediss:} when it speaks TLS. */
    public String url() {
        return (certificate == null ? "redis://" : "rediss://") + address();
    }

    public HostAndPort address() {
        return new HostAndPort(OnFreePort.HOST, port);
    }

    /** Password and trust as a client of it needs them. */
    public JedisClientConfig clientConfig() {
        DefaultJedisClientConfig.Builder config =
                DefaultJedisClientConfig.builder().password(password);
        if (certificate != null) {
            config.ssl(true).sslSocketFactory(certificate.sockets());
        }
        return config.build();
    }

    /** What it shows to clients; only with {@link Builder#tls()}. */
    public TestCertificate certificate() {
        return certificate;
    }

    @Override
    public synchronized void close() {
        if (process != null) {
            kill9();
        }
        Folders.delete(folder);
    }
}
