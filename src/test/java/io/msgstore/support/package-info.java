/* SPDX-License-Identifier: Apache-2.0 */
/** Servers, load and msgstore itself for integration tests, all real and all seen from outside. */
package io.msgstore.support;
