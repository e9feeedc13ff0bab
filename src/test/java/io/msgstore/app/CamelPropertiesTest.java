/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Settings;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThat;

class CamelPropertiesTest {
    private static final Path HERE = Path.of("").toAbsolutePath();

    @TempDir
    private Path folder;

    @Test
    void foldersOfRoutesBeginAtTheDirectoryOfTheService() throws BadConfiguration {
        Properties properties = properties(folder, "spool");
        assertThat(properties)
                .containsEntry(
                        "msgstore.dead-letter.dir", folder.resolve("spool").toString())
                .containsEntry("msgstore.data-dir", folder.resolve("data").toString());
        assertThat(properties(folder, "/var/spool")).containsEntry("msgstore.dead-letter.dir", "/var/spool");
    }

    @Test
    void foldersStayAsTheyAreSetInTheWorkingDirectoryOfTheProcess() throws BadConfiguration {
        assertThat(properties(HERE, "spool"))
                .containsEntry("msgstore.dead-letter.dir", "spool")
                .containsEntry("msgstore.data-dir", "data");
    }

    private static Properties properties(Path directory, String deadLetters) throws BadConfiguration {
        Properties given = new Properties();
        given.setProperty("msgstore.mqtt.client-id", "camel-properties-test");
        given.setProperty("msgstore.dead-letter.dir", deadLetters);
        Settings settings = StoreModule.settings(null, directory, given, Map.of());
        Plan plan = new Plan(settings, Command.RUN, Modules.known().on(settings));
        return new CamelProperties(plan, new Bundle(directory), new HttpPort(plan)).all();
    }
}
