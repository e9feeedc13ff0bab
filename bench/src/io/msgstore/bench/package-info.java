/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Measures msgstore and what it is compared with: {@code bench/run --help}.
 *
 * <p>{@link Scenarios} says what is measured, {@link Contenders} who takes part, {@link Trial} how one measurement goes, and
 * {@link Results} what is made of them.
 */
package io.msgstore.bench;
