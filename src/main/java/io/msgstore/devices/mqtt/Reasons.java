/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Map;
import javax.net.ssl.SSLException;

import org.eclipse.paho.mqttv5.common.MqttException;

/** Says in plain words why there is no connection to the broker, or no longer one. */
final class Reasons {
    private static final int REFUSED = 0x80;
    private static final int ANY = 0xFF;
    /** What the codes of MQTT 5 mean here, where their names alone don't say it. */
    private static final Map<Integer, String> CODES = Map.ofEntries(
            Map.entry(0x84, "it takes no MQTT 5, which msgstore needs"),
            Map.entry(0x85, "it does not take our client id"),
            Map.entry(0x86, "it does not take our user or password"),
            Map.entry(0x87, "we are not allowed to"),
            Map.entry(0x88, "it is not available"),
            Map.entry(0x89, "it is busy"),
            Map.entry(0x8A, "it has banned us"),
            Map.entry(0x8B, "it shuts down"),
            Map.entry(0x8D, "it has heard nothing of us for too long"),
            Map.entry(0x8E, "another client has connected with our client id"),
            Map.entry(0x8F, "it does not take this filter"),
            Map.entry(0x93, "it has more of our messages in flight than it allows"),
            Map.entry(0x95, "a packet of ours is larger than it allows"),
            Map.entry(0x97, "a quota is used up"),
            Map.entry(0x98, "an administrator has done that"),
            Map.entry(0x9A, "it has no retained messages"),
            Map.entry(0x9B, "it does not have this QoS"),
            Map.entry(0x9C, "another server is to be used"),
            Map.entry(0x9D, "it has moved to another address"),
            Map.entry(0x9E, "it has no shared subscriptions"),
            Map.entry(0x9F, "we connect too often"),
            Map.entry(0xA2, "it takes no wildcards in subscriptions"));

    private Reasons() {}

    /** What the peer has said or done that an MQTT 5 broker does not; the message is for people. */
    static final class PeerFault extends IOException {
        private static final long serialVersionUID = 1L;

        PeerFault(String message) {
            super(message);
        }
    }

    /** Why an attempt to connect failed. */
    static String connecting(Throwable e, String address) {
        Throwable root = root(e);
        boolean tls = isTls(address);
        if (isEnd(root)) {
            return tls
                    ? "it closed the connection without an answer: it may want a certificate of ours, not let us in, have no"
                            + " MQTT 5, or be no MQTT broker"
                    : "it closed the connection without an answer: it may want TLS (ssl://), not let us in, have no MQTT 5, or"
                            + " be no MQTT broker";
        }
        if (root instanceof SSLException && String.valueOf(root.getMessage()).contains("SSL message")) {
            return "it answers without TLS: is tcp:// or ws:// meant? (" + root.getMessage() + ")";
        }
        return described(root);
    }

    /** Why a connection that was up is gone. */
    static String lost(Throwable e) {
        Throwable root = root(e);
        return isEnd(root)
                ? "it closed the connection without a reason: it was stopped, another client has our client id, it does not"
                        + " allow something, or something on the way ended the connection"
                : described(root);
    }

    /** Any other failure. */
    static String of(Throwable e) {
        return described(root(e));
    }

    /** A reason code of MQTT 5, with what it means where that is known. */
    static String code(int code) {
        String meaning = CODES.get(code);
        return String.format("0x%02x", code) + (meaning == null ? "" : ": " + meaning);
    }

    private static String described(Throwable root) {
        String text = String.valueOf(root.getMessage());
        if (root instanceof MqttException mqtt) {
            int code = mqtt.getReasonCode();
            return code >= REFUSED && code <= ANY
                    ? CODES.containsKey(code) ? code(code) : code(code) + " " + text
                    : text;
        }
        if (root instanceof PeerFault) {
            return text;
        }
        if (root instanceof UnknownHostException) {
            return "the name of the host is not known: " + text;
        }
        if (root instanceof SocketTimeoutException || root instanceof NoRouteToHostException) {
            return "nothing answers there (" + text + ")";
        }
        if (root instanceof ConnectException) {
            return "nobody listens there (" + text + ")";
        }
        return root.getMessage() == null
                ? root.getClass().getSimpleName()
                : root.getClass().getSimpleName() + ": " + text;
    }

    // the other side has closed the connection, in one of the ways that the network has for it
    private static boolean isEnd(Throwable root) {
        String text = String.valueOf(root.getMessage());
        return root instanceof EOFException
                || root instanceof SocketException
                        && (text.contains("reset") || text.contains("Broken pipe") || text.contains("abort"))
                || root instanceof SSLException && text.contains("closed connection");
    }

    private static boolean isTls(String address) {
        return address.startsWith("ssl:") || address.startsWith("wss:");
    }

    private static Throwable root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
