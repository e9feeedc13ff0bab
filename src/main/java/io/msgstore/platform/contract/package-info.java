/* SPDX-License-Identifier: Apache-2.0 */
/** Names that routes, SQL files and stages agree on. */
package io.msgstore.platform.contract;
