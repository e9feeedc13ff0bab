/* SPDX-License-Identifier: Apache-2.0 */
/** The message that msgstore sends to itself to prove that messages get through. */
package io.msgstore.devices.canary;
