/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.time.Instant;

import io.msgstore.platform.accounting.Accounts;

/**
 * What is seen at one moment; two of them tell what happened between.
 *
 * @param nanos when, of {@link System#nanoTime()}
 * @param at when, by the clock
 * @param counts since the start
 * @param queueLength messages in the queue
 * @param latency from receipt to commit, milliseconds
 * @param writes of statements, milliseconds
 * @param batches messages per statement
 */
record Sample(
        long nanos,
        Instant at,
        Accounts counts,
        int queueLength,
        Distribution latency,
        Distribution writes,
        Distribution batches) {}
