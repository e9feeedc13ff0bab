/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import io.msgstore.platform.health.MsgstoreHealthCheck;

/**
 * UP when every connection to the broker is there and subscribed; where the broker grants less than was asked for, the
 * detail {@code degraded} says what.
 */
public final class MqttHealth extends MsgstoreHealthCheck {
    private final MqttComponent mqtt;

    public MqttHealth(MqttComponent mqtt) {
        super("mqtt");
        this.mqtt = mqtt;
    }

    @Override
    protected String problem() {
        return mqtt.connected() > 0 && mqtt.connected() >= mqtt.connections() ? null : mqtt.state();
    }

    @Override
    protected String degraded() {
        return mqtt.shortfall();
    }
}
