/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What msgstore is measured against: the same job, from MQTT into the two tables, as one writes it by hand. The best that
 * one can write by hand is {@link io.msgstore.devices.mqtt.BestByHand}, which borrows msgstore's transport.
 */
package io.msgstore.baseline;
