/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.baseline;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * The pipeline that one writes by hand in an afternoon: Paho as it comes, a bounded queue, four workers with a connection
 * each, one statement per batch, acknowledged on receipt. No filter, no dead letters, no accounts, and what the queue holds
 * is lost with the process.
 */
public final class Straightforward {
    private static final int QUEUE_SIZE = 10_000;
    private static final int WORKERS = 4;
    private static final int BATCH_SIZE = 500;
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BlockingQueue<String> queue = new ArrayBlockingQueue<>(QUEUE_SIZE);

    /** Arguments: address of the broker, JDBC address of the database. */
    public static void main(String[] arguments) throws Exception {
        new Straightforward().run(arguments[0], arguments[1]);
    }

    private void run(String brokerUrl, String jdbcUrl) throws MqttException {
        for (int i = 0; i < WORKERS; i++) {
            new Thread(() -> work(jdbcUrl), "worker-" + i).start();
        }
        MqttAsyncClient client = new MqttAsyncClient(brokerUrl, "by-hand", new MemoryPersistence());
        client.setCallback(new Callback());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setAutomaticReconnect(true);
        client.connect(options).waitForCompletion();
        client.subscribe("#", 1).waitForCompletion();
        System.out.println("ready");
    }

    private void work(String jdbcUrl) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                PreparedStatement statement = connection.prepareStatement(Statement.storeGps())) {
            while (true) {
                StringBuilder batch = new StringBuilder("[");
                append(batch, queue.take());
                long end = System.nanoTime() + LINGER_NANOS;
                for (int size = 1; size < BATCH_SIZE; size++) {
                    String next = queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                    if (next == null) {
                        break;
                    }
                    append(batch, next);
                }
                statement.setString(1, batch.append(']').toString());
                statement.executeQuery().close();
            }
        } catch (SQLException | InterruptedException e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void append(StringBuilder batch, String message) {
        try {
            JsonNode payload = JSON.readTree(message);
            if ("gps".equals(payload.path("event").asText())) {
                batch.append(batch.length() > 1 ? "," : "").append(message);
            }
        } catch (IOException e) {
            System.err.println("not JSON: " + message);
        }
    }

    private final class Callback implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) throws InterruptedException {
            queue.put(new String(message.getPayload(), StandardCharsets.UTF_8));
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            System.err.println("disconnected");
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            exception.printStackTrace();
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // publishes nothing
        }

        @Override
        public void connectComplete(boolean reconnect, String serverURI) {
            // subscribed by run()
        }

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {
            // not used
        }
    }
}
