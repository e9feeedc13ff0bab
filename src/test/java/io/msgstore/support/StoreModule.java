/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.database.Migrations;

/** Settings and tables of a msgstore that has the device store and no other module. */
public final class StoreModule {
    private static final DeviceStore STORE = new DeviceStore();

    private StoreModule() {}

    /** As {@link Settings#load}. */
    public static Settings settings(
            Path file, Path workingDirectory, Properties systemProperties, Map<String, String> environment)
            throws BadConfiguration {
        return Settings.load(List.of(STORE), file, workingDirectory, systemProperties, environment);
    }

    /** The migrations in a folder, {@code file:…} or {@code classpath:…}. */
    public static List<Migrations> migrations(String location) {
        return List.of(new Migrations(STORE.name(), location, STORE.history()));
    }

    /** Those of the jar. */
    public static List<Migrations> migrations() {
        return migrations("classpath:sql/postgresql/" + STORE.migrations());
    }
}
