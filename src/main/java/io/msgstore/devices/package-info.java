/* SPDX-License-Identifier: Apache-2.0 */
/** The device store put together: for each stage, the beans that its routes refer to. */
package io.msgstore.devices;
