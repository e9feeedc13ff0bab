/* SPDX-License-Identifier: Apache-2.0 */
/** {@code direct:}, from one route to the next, while routes are stopped, started and replaced. */
package io.msgstore.platform.direct;
