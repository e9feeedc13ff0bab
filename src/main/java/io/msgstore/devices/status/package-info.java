/* SPDX-License-Identifier: Apache-2.0 */
/** What an operator wants to know at a glance: what flows, what is stuck and since when, and what the log said last. */
package io.msgstore.devices.status;
