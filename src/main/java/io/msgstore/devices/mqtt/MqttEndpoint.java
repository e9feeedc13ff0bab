/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.Arrays;
import java.util.List;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Endpoint;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;

/** Camel's MQTT endpoint with another consumer. Its topic may be several filters, comma-separated. */
public class MqttEndpoint extends PahoMqtt5Endpoint {

    static final int MAX_RECEIVE_MAXIMUM = 65_535;

    public MqttEndpoint(String uri, String topic, MqttComponent component, PahoMqtt5Configuration configuration) {
        super(uri, topic, component, configuration);
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        MqttConsumer consumer = new MqttConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    @Override
    public MqttComponent getComponent() {
        return (MqttComponent) super.getComponent();
    }

    /** The subscription filters, in the order given. */
    List<String> filters() {
        return split(getTopic());
    }

    /** The broker's addresses: the first one is tried first, the others when it is away. */
    List<String> urls() {
        String several = getConfiguration().getServerURIs();
        return split(several == null || several.isBlank() ? getConfiguration().getBrokerUrl() : several);
    }

    /** The consumer's client id: the URI's, else the component's; null if neither is set. */
    String clientId() {
        String own = getConfiguration().getClientId();
        return own != null ? own : getComponent().getConfiguration().getClientId();
    }

    /** Options for a connection that keeps its session; a new object each time. */
    MqttConnectionOptions connectionOptions() {
        // the option of Camel's configuration may have come past the component's setter
        getConfiguration().setReceiveMaximum(Math.min(getConfiguration().getReceiveMaximum(), MAX_RECEIVE_MAXIMUM));
        MqttConnectionOptions options = createMqttConnectionOptions();
        options.setServerURIs(new String[0]);
        options.setAutomaticReconnect(false);
        options.setCleanStart(false);
        options.setSessionExpiryInterval(getComponent().sessionExpirySeconds);
        return options;
    }

    private static List<String> split(String list) {
        return Arrays.stream(list.split(","))
                .map(String::trim)
                .filter(s -> !s.isEmpty())
                .toList();
    }
}
