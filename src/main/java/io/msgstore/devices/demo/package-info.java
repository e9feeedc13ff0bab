/* SPDX-License-Identifier: Apache-2.0 */
/** What {@code --demo} adds: a simulated fleet. Nothing of it runs otherwise. */
package io.msgstore.devices.demo;
