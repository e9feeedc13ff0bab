/* SPDX-License-Identifier: Apache-2.0 */
/** The console: Hawtio's pages, and Jolokia, through which they look into this process. */
package io.msgstore.platform.console;
