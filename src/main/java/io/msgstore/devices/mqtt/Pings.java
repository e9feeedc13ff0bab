/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.Timer;
import java.util.TimerTask;

import org.eclipse.paho.mqttv5.client.MqttPingSender;
import org.eclipse.paho.mqttv5.client.internal.ClientComms;

/**
 * Looks after the keep-alive of one client. Paho's own begins with the time that we asked for before it has read the broker's:
 * a broker that wants a sign of life more often hears nothing until then, and ends each connection.
 */
final class Pings implements MqttPingSender {
    private final String clientId;
    private ClientComms comms;
    private Timer timer;
    private TimerTask next;

    Pings(String clientId) {
        this.clientId = clientId;
    }

    @Override
    public void init(ClientComms client) {
        comms = client;
    }

    @Override
    public synchronized void start() {
        timer = new Timer("MQTT Ping: " + clientId, true);
        schedule(comms.getKeepAlive());
    }

    @Override
    public synchronized void stop() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** Takes the place of what was scheduled before. */
    @Override
    public synchronized void schedule(long delayInMilliseconds) {
        if (timer == null) {
            return;
        }
        if (next != null) {
            next.cancel();
        }
        next = new TimerTask() {
            @Override
            public void run() {
                comms.checkForActivity();
            }
        };
        timer.schedule(next, Math.max(1, delayInMilliseconds));
    }
}
