/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Bad input of every kind: kept cases first, then cases generated from seeds. {@code -Dfuzz.seed=} chooses the first seed
 * and {@code -Dfuzz.cases=} how many cases each test generates.
 */
package io.msgstore.fuzz;
