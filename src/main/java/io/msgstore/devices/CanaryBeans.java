/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import io.msgstore.devices.canary.Canary;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.health.MsgstoreHealthCheck;
import io.msgstore.platform.module.Platform;

/** Binds what the routes in {@code routes/canary} refer to, and the steps of the intake and the store that know a canary. */
final class CanaryBeans {
    private CanaryBeans() {}

    static Canary bind(Platform platform, MqttComponent mqtt) {
        Settings settings = platform.settings();
        Canary canary = new Canary(
                settings.text("msgstore.mqtt.client-id"),
                Canary.topic(settings),
                settings.duration("msgstore.canary.timeout"),
                platform.accounting(),
                mqtt::renew,
                System::nanoTime);
        platform.condition("ownCanary", canary.own());
        platform.bind("canary", canary);
        if (Canary.isOn(settings)) {
            mqtt.setFurtherTopic(Canary.topic(settings));
            canary.measured(platform.meters());
            // UP until a canary is late, and again when one is in the database in time
            platform.check(new MsgstoreHealthCheck("canary") {
                @Override
                protected String problem() {
                    return canary.problem();
                }
            });
        }
        return canary;
    }
}
