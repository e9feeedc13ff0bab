/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The classes of the jar under test as the JVM likes to have them, so that the many starts of it take less CPU. */
final class ClassArchive {
    private static Path made;

    private ClassArchive() {}

    /**
     * The archive in a folder beside the jar, made first if there is none or an older one.
     *
     * @param jvmArguments those that the archive is for
     */
    static synchronized Path of(Path jar, List<String> jvmArguments) {
        if (made == null) {
            try {
                made = upToDate(jar, jvmArguments);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return made;
    }

    private static Path upToDate(Path jar, List<String> jvmArguments) throws IOException {
        Path folder = Files.createDirectories(jar.resolveSibling("class-archive"));
        Path archive = folder.resolve("msgstore.jsa");
        // each fork of the test run comes here at about the same time
        try (FileChannel channel =
                        FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            if (!Files.exists(archive)
                    || Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) < 0) {
                Path unfinished = folder.resolve("unfinished.jsa");
                List<String> command = new ArrayList<>(jvmArguments);
                command.addAll(List.of(
                        "-XX:ArchiveClassesAtExit=" + unfinished,
                        "-Dmsgstore.http.port=" + OnFreePort.any(),
                        "-Dmsgstore.embedded.mqtt-port=0",
                        "-Dmsgstore.embedded.postgres-port=0",
                        "-jar",
                        jar.toString()));
                // of an earlier build, whose migrations may have been others
                Folders.delete(folder.resolve("data"));
                // on embedded servers, so that all is loaded that a start needs
                try (ChildJvm msgstore = ChildJvm.start(command, folder, Map.of(), folder.resolve("output.log"))) {
                    msgstore.awaitLine("subscribed to", Limits.LIMIT);
                    msgstore.terminate();
                }
                Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return archive;
    }
}
