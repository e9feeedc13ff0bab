/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import io.msgstore.devices.canary.Canary;
import io.msgstore.devices.canary.CanaryHealth;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/** Binds what the routes in {@code routes/canary} refer to, and the steps of the intake and the store that know a canary. */
final class CanaryBeans {
    private final Platform platform;
    private final Settings settings;
    private final MqttComponent mqtt;
    private final Canary canary;

    CanaryBeans(Platform platform, MqttComponent mqtt) {
        this.platform = platform;
        this.settings = platform.settings();
        this.mqtt = mqtt;
        canary = new Canary(
                settings.text("msgstore.mqtt.client-id"),
                Canary.topic(settings),
                settings.duration("msgstore.canary.timeout"),
                platform.accounting(),
                mqtt::renew);
    }

    void bind() {
        platform.condition("ownCanary", canary.own());
        platform.bind("canary", canary);
        if (Canary.isOn(settings)) {
            mqtt.setFurtherTopic(Canary.topic(settings));
            platform.check(new CanaryHealth(canary.measured(platform.meters())));
        }
    }

    /** What is wrong with the canary, or null. */
    String problem() {
        return Canary.isOn(settings) ? canary.problem() : null;
    }
}
