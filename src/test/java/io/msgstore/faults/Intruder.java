/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** A client that connects under msgstore's client id by mistake. It takes messages and acknowledges none. */
final class Intruder implements MqttCallback {
    private final CountDownLatch thrownOut = new CountDownLatch(1);

    private Intruder() {}

    /** Takes the session over, and returns when msgstore has taken it back. */
    static void takeOver(String url, String clientId) throws MqttException, InterruptedException {
        Intruder intruder = new Intruder();
        MqttAsyncClient client = new MqttAsyncClient(url, clientId, new MemoryPersistence());
        try {
            client.setCallback(intruder);
            client.setManualAcks(true);
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setCleanStart(false);
            options.setSessionExpiryInterval(600L);
            options.setReceiveMaximum(100);
            client.connect(options).waitForCompletion(Scene.LIMIT.toMillis());
            if (!intruder.thrownOut.await(Scene.LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("msgstore does not come back");
            }
        } finally {
            client.close(true);
        }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
        thrownOut.countDown();
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
        // the end of the connection is told by disconnected()
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        // not acknowledged: it is for msgstore
    }

    @Override
    public void deliveryComplete(IMqttToken token) {
        // it publishes nothing
    }

    @Override
    public void connectComplete(boolean reconnect, String uri) {
        // it stays until it is thrown out
    }

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {
        // none is asked for
    }
}
