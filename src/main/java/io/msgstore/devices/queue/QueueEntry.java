/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

/**
 * A message in a durable queue.
 *
 * @param id what identifies it there
 * @param bytes the message as {@link io.msgstore.devices.envelope.QueueForm#write} gave it, or what someone else has put there
 */
public record QueueEntry(String id, byte[] bytes) {}
