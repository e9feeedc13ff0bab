/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

import io.msgstore.baseline.Statement;

/**
 * {@link io.msgstore.baseline.Straightforward} with every trick that msgstore knows: its buffered transport and cheap
 * acknowledgement, JSON read by a streaming parser and only as far as the event, bytes instead of text. Still acknowledged
 * on receipt, with nothing checked, filtered, isolated or counted: what is between it and msgstore is what these cost, and
 * Camel.
 */
public final class BestByHand {
    private static final int QUEUE_SIZE = 10_000;
    // more workers wait for each other's rows of the last positions, and batches that are smaller do so more often
    private static final int WORKERS = 2;
    private static final int BATCH_SIZE = 1000;
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final JsonFactory JSON = new JsonFactory();

    private final BlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(QUEUE_SIZE);
    private PahoClient client;

    /** Arguments: address of the broker, JDBC address of the database. */
    public static void main(String[] arguments) throws Exception {
        new BestByHand().run(arguments[0], arguments[1]);
    }

    private void run(String brokerUrl, String jdbcUrl) throws MqttException {
        for (int i = 0; i < WORKERS; i++) {
            new Thread(() -> work(jdbcUrl), "worker-" + i).start();
        }
        client = new PahoClient(brokerUrl, "by-hand-best");
        client.setCallback(new Callback());
        client.connect(new MqttConnectionOptions()).waitForCompletion();
        client.subscribe("#", 1).waitForCompletion();
        System.out.println("ready");
    }

    private void work(String jdbcUrl) {
        ByteArrayOutputStream batch = new ByteArrayOutputStream();
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                PreparedStatement statement = connection.prepareStatement(Statement.storeGps())) {
            while (true) {
                batch.reset();
                append(batch, queue.take());
                long end = System.nanoTime() + LINGER_NANOS;
                for (int size = 1; size < BATCH_SIZE; size++) {
                    byte[] next = queue.poll();
                    if (next == null) {
                        next = queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                    }
                    if (next == null) {
                        break;
                    }
                    append(batch, next);
                }
                if (batch.size() == 0) {
                    continue;
                }
                batch.write(']');
                statement.setString(1, batch.toString(StandardCharsets.UTF_8));
                statement.executeQuery().close();
            }
        } catch (SQLException | InterruptedException e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void append(ByteArrayOutputStream batch, byte[] payload) {
        if (isGps(payload)) {
            batch.write(batch.size() == 0 ? '[' : ',');
            batch.writeBytes(payload);
        }
    }

    private static boolean isGps(byte[] payload) {
        try (JsonParser parser = JSON.createParser(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isEvent = parser.currentName().equals("event");
                parser.nextToken();
                if (isEvent) {
                    return parser.getText().equals("gps");
                }
                parser.skipChildren();
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }

    private final class Callback implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) throws InterruptedException, MqttException {
            queue.put(message.getPayload());
            if (message.getQos() == 1) {
                client.acknowledge(message.getId());
            }
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
