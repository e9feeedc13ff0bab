/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.contract.Headers;
import io.msgstore.platform.tracing.Tracing;

/**
 * Opens the accounts of a message that the MQTT consumer hands over and puts it into its envelope.
 *
 * @param maxPayloadBytes payloads above this are dead-lettered as {@code too-large}
 * @param logPayloads whether to log each message as it came
 * @param traced whether there is a tracer
 */
public record ReceiveMqtt(Accounting accounting, int maxPayloadBytes, boolean logPayloads, boolean traced)
        implements Processor {
    private static final Logger LOG = LoggerFactory.getLogger(ReceiveMqtt.class);
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    @Override
    public void process(Exchange exchange) {
        accounting.receive(exchange);
        Message message = exchange.getMessage();
        ReceivedMessage source = new ReceivedMessage(
                message.getHeader(PahoMqtt5Constants.MQTT_TOPIC, String.class), message.getBody(byte[].class));
        // it holds the payload too, for as long as the exchange lives
        MqttMessage mqtt = (MqttMessage) exchange.removeProperty(MqttConsumer.MESSAGE);
        if (mqtt != null) {
            if (mqtt instanceof CutMessage cut) {
                source.cutFrom(cut.payloadBytes());
            }
            source.qos(mqtt.getQos()).retained(mqtt.isRetained()).redelivered(mqtt.isDuplicate());
            MqttProperties properties = mqtt.getProperties();
            if (properties != null && !properties.getUserProperties().isEmpty()) {
                List<String[]> pairs = new ArrayList<>();
                for (UserProperty property : properties.getUserProperties()) {
                    pairs.add(new String[] {property.getKey(), property.getValue()});
                }
                source.userProperties(pairs);
            }
        }
        // the span that the tracer has begun for this route
        String span = traced ? message.getHeader(Tracing.PARENT, String.class) : null;
        if (span != null) {
            source.parent(span);
        }
        Envelope envelope = Envelope.of(source, maxPayloadBytes);
        message.setBody(envelope);
        message.removeHeader(PahoMqtt5Constants.MQTT_TOPIC);
        message.setHeader(Headers.TRACE_ID, envelope.traceId());
        message.setHeader(Headers.RECEIVED_AT, envelope.receivedAt());
        if (logPayloads) {
            // on one line, whatever the payload holds
            LOG.info("{}", CONTROL.matcher(envelope.toString()).replaceAll(" "));
        }
    }
}
