/* SPDX-License-Identifier: Apache-2.0 */
/** What the routes in {@code routes/api} need from Java: reading requests, and saying what is wrong with them. */
package io.msgstore.platform.api;
