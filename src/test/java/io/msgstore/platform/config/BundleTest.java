/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class BundleTest {
    @TempDir
    private Path temp;

    private Path directory;
    private URLClassLoader jarLoader;

    @BeforeEach
    void makeWorkingDirectory() throws IOException {
        directory = Files.createDirectory(temp.resolve("a folder"));
    }

    @AfterEach
    void closeJar() throws IOException {
        if (jarLoader != null) {
            jarLoader.close();
        }
    }

    @Test
    void routesOfTheWorkingDirectoryAreListedSorted() throws IOException {
        write("routes/store/gps_v1/store-gps.camel.yaml");
        write("routes/store/gps_v1/store-command.camel.yaml");
        write("routes/store/gps_v1/README.md");
        write("routes/store/gps_v1/deeper/no.camel.yaml");

        assertThat(new Bundle(directory).routes("store/gps_v1"))
                .containsExactly(
                        "file:" + directory.resolve("routes/store/gps_v1/store-command.camel.yaml"),
                        "file:" + directory.resolve("routes/store/gps_v1/store-gps.camel.yaml"));
    }

    @Test
    void camelFindsWhatIsListed() throws Exception {
        write("routes/intake/intake-mqtt.camel.yaml");
        String location = new Bundle(directory).routes("intake").get(0);

        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            assertThat(PluginHelper.getResourceLoader(camel)
                            .resolveResource(location)
                            .exists())
                    .isTrue();
        }
    }

    @Test
    void oneRouteIsFoundByItsPath() throws IOException {
        write("routes/queue/memory.camel.yaml");
        write("routes/main.camel.yaml");
        Bundle bundle = new Bundle(directory);

        assertThat(bundle.route("queue/memory.camel.yaml"))
                .contains("file:" + directory.resolve("routes/queue/memory.camel.yaml"));
        assertThat(bundle.route("main.camel.yaml")).contains("file:" + directory.resolve("routes/main.camel.yaml"));
        assertThat(bundle.route("queue/redis.camel.yaml")).isEmpty();
        assertThat(bundle.route("none/memory.camel.yaml")).isEmpty();
    }

    @Test
    void theTextOfAFileIsRead() throws Exception {
        Class<?> anchor = anchorInJar("routes/queue/memory.camel.yaml");
        Bundle inJar = new Bundle(directory, anchor, null);
        String packed = inJar.route("queue/memory.camel.yaml").orElseThrow();
        assertThat(inJar.text(packed)).isEmpty();
        write("routes/queue/mine.camel.yaml");
        Bundle bundle = new Bundle(directory, anchor, null);
        String mine = bundle.route("queue/mine.camel.yaml").orElseThrow();
        Files.writeString(directory.resolve("routes/queue/mine.camel.yaml"), "Bär");
        assertThat(bundle.text(mine)).isEqualTo("Bär");
    }

    @Test
    void aFileIsNamedFromTheWorkingDirectoryOrWithinTheJar() {
        assertThat(Bundle.name(directory, "file:" + directory.resolve("routes/queue/mine.camel.yaml")))
                .isEqualTo("routes/queue/mine.camel.yaml");
        assertThat(Bundle.name(directory, "file:/elsewhere/mine.sql")).isEqualTo("/elsewhere/mine.sql");
        assertThat(Bundle.name(directory, "classpath:sql/mine.sql")).isEqualTo("sql/mine.sql");
    }

    @Test
    void namesSayWhatThereIsToChooseFrom() throws IOException {
        write("routes/queue/redis.camel.yaml");
        write("routes/queue/memory.camel.yaml");
        write("routes/store/gps_v1/store-gps.camel.yaml");
        write("routes/store/..data/hidden.camel.yaml");
        Bundle bundle = new Bundle(directory);

        assertThat(bundle.names("routes/queue")).containsExactly("memory", "redis");
        assertThat(bundle.names("routes/store")).containsExactly("gps_v1");
        assertThat(bundle.names("routes/none")).isEmpty();
    }

    @Test
    void routesAndSqlAreLookedForSeparately() throws Exception {
        Class<?> anchor = anchorInJar("routes/intake/intake-mqtt.camel.yaml", "sql/postgresql/gps_v1/store-gps.sql");
        write("sql/postgresql/gps_v1/mine.sql");
        Bundle bundle = new Bundle(directory, anchor, null);

        assertThat(bundle.sql("postgresql")).isEqualTo("file:" + directory.resolve("sql/postgresql"));
        assertThat(bundle.routes("intake")).containsExactly("classpath:routes/intake/intake-mqtt.camel.yaml");
    }

    @Test
    void aFolderOfTheWorkingDirectoryIsTakenWhole() throws Exception {
        Class<?> anchor = anchorInJar("routes/intake/intake-mqtt.camel.yaml", "routes/queue/memory.camel.yaml");
        write("routes/queue/mine.camel.yaml");
        Bundle bundle = new Bundle(directory, anchor, null);

        assertThat(bundle.routes("intake")).isEmpty();
        assertThat(bundle.names("routes/queue")).containsExactly("mine");
    }

    @Test
    void theJarIsUsedWhereTheWorkingDirectoryHasNothing() throws Exception {
        // without entries for folders: not every tool that makes jars writes them
        Class<?> anchor = anchorInJar(
                "routes/store/gps_v1/store-gps.camel.yaml",
                "routes/store/gps_v1/store-command.camel.yaml",
                "routes/store/gps_v1/deeper/no.camel.yaml",
                "routes/queue/memory.camel.yaml",
                "sql/postgresql/gps_v1/store-gps.sql");
        Bundle bundle = new Bundle(directory, anchor, null);

        assertThat(bundle.routes("store/gps_v1"))
                .containsExactly(
                        "classpath:routes/store/gps_v1/store-command.camel.yaml",
                        "classpath:routes/store/gps_v1/store-gps.camel.yaml");
        assertThat(bundle.route("queue/memory.camel.yaml")).contains("classpath:routes/queue/memory.camel.yaml");
        assertThat(bundle.route("queue/redis.camel.yaml")).isEmpty();
        assertThat(bundle.sql("postgresql")).isEqualTo("classpath:sql/postgresql");
        assertThat(bundle.names("routes")).containsExactly("queue", "store");
        assertThat(bundle.names("sql/postgresql")).containsExactly("gps_v1");
        assertThat(bundle.routes("none")).isEmpty();
    }

    @Test
    void aFolderOfClassesIsUsedAsTheJarIs() {
        // whatever the build has put beside the classes: here, the classes themselves
        assertThat(new Bundle(directory).names("io/msgstore")).contains("app", "devices", "platform");
    }

    private void write(String path) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
    }

    private Class<?> anchorInJar(String... paths) throws Exception {
        String anchor = "io/msgstore/platform/config/Secrets.class";
        Path jar = temp.resolve("bundle.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            for (String path : paths) {
                out.putNextEntry(new JarEntry(path));
            }
            out.putNextEntry(new JarEntry(anchor));
            Bundle.class.getResourceAsStream("/" + anchor).transferTo(out);
        }
        ClassLoader none = null;
        jarLoader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, none);
        return jarLoader.loadClass("io.msgstore.platform.config.Secrets");
    }
}
