/* SPDX-License-Identifier: Apache-2.0 */
/** {@code msgstore.tracing}: a message's way as a trace of OpenTelemetry. */
package io.msgstore.platform.tracing;
