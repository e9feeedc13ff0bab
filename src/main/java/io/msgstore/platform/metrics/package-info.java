/* SPDX-License-Identifier: Apache-2.0 */
/** What the metrics page tells beside the accounts of messages: read when it is asked for, at no cost per message. */
package io.msgstore.platform.metrics;
