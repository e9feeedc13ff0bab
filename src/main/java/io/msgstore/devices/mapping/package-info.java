/* SPDX-License-Identifier: Apache-2.0 */
/** Makes messages of payloads that are not in msgstore's own form: arrays, and what a mapping file says. */
package io.msgstore.devices.mapping;
