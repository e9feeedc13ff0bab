/* SPDX-License-Identifier: Apache-2.0 */
/** What routes that answer requests need from Java: reading requests, and saying what is wrong with them. */
package io.msgstore.platform.api;
