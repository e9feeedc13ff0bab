/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.remoting.Acceptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An MQTT 3.1.1 and 5 broker on 127.0.0.1 whose sessions and messages last: what it acknowledged is on disk. No user, no
 * password, no TLS, so it is for demo and development. What a long outage of msgstore piles up goes to disk, not to the
 * heap.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);
    private static final String HOST = "127.0.0.1";
    private static final String PORT_KEY = "msgstore.embedded.mqtt-port";
    private static final int START_LIMIT_SECONDS = 20;
    private static final String ACCEPTOR = "mqtt";

    private static final int MIB = 1024 * 1024;
    /** Messages held in the heap, all topics together, in bytes; further ones are paged to disk. */
    private static final int HEAP_LIMIT = 32 * MIB;

    private static final int PAGE_SIZE = MIB;
    private static final int JOURNAL_FILE_SIZE = 4 * MIB;
    private static final long MIN_DISK_FREE = 64L * MIB;

    private final EmbeddedActiveMQ broker;
    private final FolderLock lock;
    private final int port;
    private boolean closed;

    private EmbeddedBroker(EmbeddedActiveMQ broker, FolderLock lock, int port) {
        this.broker = broker;
        this.lock = lock;
        this.port = port;
    }

    /**
     * Starts the broker on {@code <dataDirectory>/broker}, which is made when absent, and returns when it takes
     * connections.
     *
     * @param preferredPort port to listen on; the next free one where it is taken, any free one when 0
     * @throws EmbeddedException with a message for the user, when it can't run here
     */
    public static EmbeddedBroker start(Path dataDirectory, int preferredPort) {
        try {
            Path folder = Files.createDirectories(dataDirectory.toAbsolutePath())
                    .toRealPath()
                    .resolve("broker");
            // The broker has a lock as well, but would wait for it without a word.
            FolderLock lock = FolderLock.of(folder);
            try {
                String detour = detour(preferredPort);
                if (detour != null) {
                    LOG.warn(detour);
                }
                int port = Ports.free(HOST, preferredPort);
                EmbeddedActiveMQ broker = new EmbeddedActiveMQ().setConfiguration(configuration(port, folder));
                EmbeddedBroker started = new EmbeddedBroker(broker, lock, port);
                started.launch(folder);
                return started;
            } catch (RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new EmbeddedException("the embedded MQTT broker can't start in " + dataDirectory + ": " + e, e);
        }
    }

    /** A small broker that loses nothing, and keeps everything below {@code folder}. */
    private static Configuration configuration(int port, Path folder) {
        return new ConfigurationImpl()
                .setName("msgstore")
                .setSecurityEnabled(false)
                .setJMXManagementEnabled(false)
                .setPersistenceEnabled(true)
                .setJournalType(JournalType.NIO)
                .setJournalDirectory(folder.resolve("journal").toString())
                .setBindingsDirectory(folder.resolve("bindings").toString())
                .setPagingDirectory(folder.resolve("paging").toString())
                .setLargeMessagesDirectory(folder.resolve("large-messages").toString())
                .setNodeManagerLockDirectory(folder.resolve("journal").toString())
                .setJournalFileSize(JOURNAL_FILE_SIZE)
                .setJournalMinFiles(2)
                .setJournalPoolFiles(4)
                .setGlobalMaxSize(HEAP_LIMIT)
                // By default it stops taking messages, without a word to the publisher, on a disk that is 90 % full.
                .setMaxDiskUsage(-1)
                .setMinDiskFree(MIN_DISK_FREE)
                // It would stop the broker when a slow machine stalls.
                .setCriticalAnalyzer(false)
                .setGracefulShutdownEnabled(false)
                .addAddressSetting(
                        "#",
                        new AddressSettings()
                                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                                .setPageSizeBytes(PAGE_SIZE)
                                .setMaxReadPageBytes(4 * PAGE_SIZE)
                                // The default throws a message away after ten unacknowledged deliveries, and every
                                // reconnect of a consumer counts as one.
                                .setMaxDeliveryAttempts(-1))
                .addAcceptorConfiguration(new TransportConfiguration(
                        NettyAcceptorFactory.class.getName(),
                        Map.of(
                                "host",
                                HOST,
                                "port",
                                port,
                                "protocols",
                                "MQTT",
                                // plain Java sockets: no native library to unpack and no warning where there is none
                                "useEpoll",
                                false,
                                "useKQueue",
                                false),
                        ACCEPTOR));
    }

    /** What a start would do about a port that is taken; null when it is free. */
    public static String detour(int preferredPort) {
        return Ports.detour(HOST, preferredPort, PORT_KEY);
    }

    private void launch(Path folder) {
        try {
            broker.start();
            ActiveMQServer server = broker.getActiveMQServer();
            // start() also returns, with an error in the log at most, when it could not become active or not listen.
            boolean active = server.waitForActivation(START_LIMIT_SECONDS, TimeUnit.SECONDS) && server.isActive();
            Acceptor acceptor = active ? server.getRemotingService().getAcceptor(ACCEPTOR) : null;
            if (acceptor == null || !acceptor.isStarted()) {
                throw new EmbeddedException("the embedded MQTT broker does not start on " + HOST + ":" + port + " with "
                        + folder + ": see the log");
            }
        } catch (Exception e) {
            stopQuietly();
            throw e instanceof EmbeddedException known
                    ? known
                    : new EmbeddedException("the embedded MQTT broker does not start: " + e.getMessage(), e);
        }
        LOG.debug("MQTT broker on {}:{}, data in {}", HOST, port, folder);
    }

    /** TCP port that it listens on. */
    public int port() {
        return port;
    }

    /** {@code tcp://host:port}. */
    public String url() {
        return "tcp://" + HOST + ":" + port;
    }

    /** For tests, which empty it between them. */
    ActiveMQServer server() {
        return broker.getActiveMQServer();
    }

    /** Stops the broker, cutting off its clients; sessions and messages stay on disk. May be called twice. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            broker.stop();
        } catch (Exception e) {
            throw new EmbeddedException("the embedded MQTT broker did not stop: " + e.getMessage(), e);
        } finally {
            lock.close();
        }
    }

    private void stopQuietly() {
        try {
            broker.stop();
        } catch (Exception e) {
            LOG.debug("The broker that did not start did not stop either", e);
        }
    }
}
