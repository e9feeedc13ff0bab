/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.nio.file.Path;
import java.util.Map;

import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/** How the embedded broker is set up: a small one that loses nothing. */
final class BrokerConfiguration {
    static final String ACCEPTOR = "mqtt";

    private static final int MIB = 1024 * 1024;
    /** Messages held in the heap, all topics together, in bytes; further ones are paged to disk. */
    private static final int HEAP_LIMIT = 32 * MIB;

    private static final int PAGE_SIZE = MIB;
    private static final int JOURNAL_FILE_SIZE = 4 * MIB;
    private static final long MIN_DISK_FREE = 64L * MIB;

    private BrokerConfiguration() {}

    /** A broker that listens on {@code host:port} and keeps everything below {@code folder}. */
    static Configuration of(String host, int port, Path folder) {
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
                                host,
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
}
