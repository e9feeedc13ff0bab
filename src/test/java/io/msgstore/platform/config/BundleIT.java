/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class BundleIT {
    @TempDir
    private Path directory;

    @Test
    void theRunnableJarListsWhatTheFolderOfClassesLists() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        String classes = Path.of("target/test-classes").toAbsolutePath().toString();
        Process process = new ProcessBuilder(
                        java.toString(),
                        "-cp",
                        System.getProperty("jar.under.test") + File.pathSeparator + classes,
                        PrintBundle.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).isEqualTo(PrintBundle.text(new Bundle(directory)));
        assertThat(output).contains("sql: classpath:sql/postgresql", "platform");
    }
}
