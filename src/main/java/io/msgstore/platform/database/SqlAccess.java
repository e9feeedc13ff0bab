/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

/**
 * The database of {@code msgstore.dsn}, and how it is.
 *
 * @param database its pools, which routes have as {@code #storeDataSource} and so on
 * @param schema the tables of all modules
 * @param preflight asks whether the statements of the routes would be taken
 * @param health at {@code /observe/health}
 */
public record SqlAccess(Database database, Schema schema, Preflight preflight, DatabaseHealth health) {}
