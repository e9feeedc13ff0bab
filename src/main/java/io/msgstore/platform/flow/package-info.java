/* SPDX-License-Identifier: Apache-2.0 */
/** {@code --print-routes}: the flow of messages, read from the route files and drawn. */
package io.msgstore.platform.flow;
