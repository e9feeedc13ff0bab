/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import org.eclipse.paho.mqttv5.common.MqttMessage;

/** A message whose payload is too large to be held: only the beginning of it was read. */
final class CutMessage extends MqttMessage {
    /** So many bytes of the payload are kept. */
    static final int KEPT_BYTES = 64 * 1024;

    private final int payloadBytes;

    /** @param payloadBytes of the payload as it was sent */
    CutMessage(MqttMessage beginning, int payloadBytes) {
        super(beginning.getPayload(), beginning.getQos(), beginning.isRetained(), beginning.getProperties());
        setDuplicate(beginning.isDuplicate());
        setId(beginning.getId());
        this.payloadBytes = payloadBytes;
    }

    /** Bytes of the payload as it was sent. */
    int payloadBytes() {
        return payloadBytes;
    }
}
