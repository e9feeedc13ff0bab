/* SPDX-License-Identifier: Apache-2.0 */
/** What a module is, and what it is given: the platform under it. */
package io.msgstore.platform.module;
