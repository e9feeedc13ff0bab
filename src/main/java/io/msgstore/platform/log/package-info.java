/* SPDX-License-Identifier: Apache-2.0 */
/** What the log says, and how often. */
package io.msgstore.platform.log;
