/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

/**
 * The migrations of one module.
 *
 * @param module its name
 * @param location folder of the files, {@code file:…} or {@code classpath:…}
 * @param history table in which stands which were run
 */
public record Migrations(String module, String location, String history) {
    public Migrations {
        location = location.replaceFirst("^file:", "filesystem:");
    }
}
