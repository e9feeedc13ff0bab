/* SPDX-License-Identifier: Apache-2.0 */
/** Whether the process itself is well. */
package io.msgstore.platform.vitals;
