/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

/**
 * The broker's answer to a connection, and what it says there that it grants.
 *
 * @param sessionPresent whether the broker has resumed a session of ours
 * @param sessionExpirySeconds how long it keeps the session, in seconds; null for as long as was asked for
 * @param maximumQos highest QoS that it grants; null for any
 * @param assignedClientId client id that it has given us; null for the one that we have said
 * @param retainAvailable whether it has retained messages
 * @param sharedAvailable whether it has shared subscriptions
 * @param wildcardsAvailable whether it takes wildcards in subscriptions
 * @param maximumPacketBytes largest packet that it takes, in bytes; null for any
 */
record Connack(
        boolean sessionPresent,
        Long sessionExpirySeconds,
        Integer maximumQos,
        String assignedClientId,
        boolean retainAvailable,
        boolean sharedAvailable,
        boolean wildcardsAvailable,
        Long maximumPacketBytes) {

    /** An answer that takes nothing back. */
    static Connack grantingAll(boolean sessionPresent) {
        return new Connack(sessionPresent, null, null, null, true, true, true, null);
    }
}
