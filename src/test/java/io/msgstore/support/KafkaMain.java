/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.PrintStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.ExecutionException;

import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A Kafka of one node as a process. Arguments: the properties file of the server, that of a client, the id of the cluster. Ends
 * with SIGTERM, or with its standard input.
 */
public final class KafkaMain {
    /** The line of the output that follows when a client has been served. */
    static final String STARTED = "Kafka serves its clients";

    private KafkaMain() {}

    public static void main(String[] arguments) throws Exception {
        KafkaConfig config = KafkaConfig.fromProps(properties(arguments[0]), false);
        format(config, arguments[2]);
        KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
        try {
            server.startup();
            describe(properties(arguments[1]));
        } catch (Exception e) {
            e.printStackTrace();
            // its threads would keep it running
            Runtime.getRuntime().halt(1);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        System.out.println(STARTED);
        while (System.in.read() != -1) {
            // nothing to read: the test's end closes the pipe
        }
        System.exit(0);
    }

    private static Properties properties(String file) throws Exception {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file))) {
            properties.load(reader);
        }
        return properties;
    }

    // a folder that has been formatted stays as it is
    private static void format(KafkaConfig config, String clusterId) throws Exception {
        new Formatter()
                .setPrintStream(new PrintStream(PrintStream.nullOutputStream()))
                .setNodeId(config.nodeId())
                .setClusterId(clusterId)
                .setControllerListenerName(TestKafka.CONTROLLER)
                .setDirectories(config.logDirs())
                .setMetadataLogDirectory(config.metadataLogDir())
                .setIgnoreFormatted(true)
                .run();
    }

    private static void describe(Properties client) throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(client)) {
            admin.describeCluster().nodes().get();
        }
    }
}
