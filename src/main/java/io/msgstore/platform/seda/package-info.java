/* SPDX-License-Identifier: Apache-2.0 */
/** {@code seda:}, a queue in memory whose messages are acknowledged when their workers are done. */
package io.msgstore.platform.seda;
