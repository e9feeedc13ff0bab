/* SPDX-License-Identifier: Apache-2.0 */
/** Who may come in over HTTP: what stands before every page, API and metric on the port. */
package io.msgstore.platform.http;
