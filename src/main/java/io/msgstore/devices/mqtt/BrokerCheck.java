/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;

import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.packet.MqttConnAck;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttReturnCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects to the broker once and waits for what it says, for a check before the start. It has a client id and a session of its own, so
 * that it takes no session over, and ends that session when it leaves.
 */
final class BrokerCheck {

    private static final Logger LOG = LoggerFactory.getLogger(MqttComponent.class);

    private static final long TIMEOUT_MILLIS = 10_000;

    private final MqttEndpoint endpoint;
    private final String clientId;

    BrokerCheck(MqttEndpoint endpoint) {
        this.endpoint = endpoint;
        this.clientId = endpoint.clientId() + "-check";
    }

    /** The answer of the first address that takes the connection; that of the last one where none does. */
    MqttComponent.Answer run() {
        MqttComponent.Answer answer = null;
        for (String url : endpoint.urls()) {
            answer = ask(url);
            if (answer.problem() == null) {
                return answer;
            }
        }
        return answer;
    }

    private MqttComponent.Answer ask(String url) {
        MqttComponent component = endpoint.getComponent();
        MqttConnectionOptions options = endpoint.connectionOptions();
        options.setCleanStart(true);
        try {
            PahoClient client = new PahoClient(url, clientId);
            try {
                IMqttToken connected = client.connect(options);
                connected.waitForCompletion(TIMEOUT_MILLIS);
                if (!(connected.getResponse() instanceof MqttConnAck)) {
                    return new MqttComponent.Answer("no answer that an MQTT 5 broker would give", List.of());
                }
                List<String> shortfalls = Shortfalls.ofConnection(
                        PahoTransport.connack(connected),
                        clientId,
                        component.sessionExpirySeconds,
                        Math.min(1, component.getConfiguration().getQos()),
                        component.retainedWanted);
                MqttProperties end = new MqttProperties();
                end.setSessionExpiryInterval(0L);
                client.disconnect(0, null, null, MqttReturnCode.RETURN_CODE_SUCCESS, end)
                        .waitForCompletion(TIMEOUT_MILLIS);
                return new MqttComponent.Answer(null, shortfalls);
            } finally {
                end(client);
            }
        } catch (MqttException | RuntimeException e) {
            return new MqttComponent.Answer(Reasons.connecting(e, url), List.of());
        }
    }

    private static void end(PahoClient client) {
        try {
            client.disconnectForcibly(0, 1, false);
            client.close(true);
        } catch (MqttException | RuntimeException e) {
            LOG.debug("The client of a check could not be closed", e);
        }
    }
}
