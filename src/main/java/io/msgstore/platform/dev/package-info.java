/* SPDX-License-Identifier: Apache-2.0 */
/** {@code --dev}: route and SQL files that are saved take effect while msgstore runs. */
package io.msgstore.platform.dev;
