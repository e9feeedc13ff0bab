/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

import org.apache.camel.util.FileUtil;

/** The folder in which an embedded PostgreSQL keeps its data. */
final class PostgresFolder {
    private PostgresFolder() {}

    /**
     * Makes it where it is absent, which takes about 2 s.
     *
     * @return whether it was made
     * @throws EmbeddedException when it can't be made, or is another server's
     */
    static boolean prepare(Path folder, PostgresPrograms pg) throws IOException {
        if (isNew(folder)) {
            initialise(folder, pg);
            return true;
        }
        checkVersion(folder, pg);
        return false;
    }

    private static boolean isNew(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private static void initialise(Path folder, PostgresPrograms pg) throws IOException {
        // Renamed when complete: what a kill leaves half made is thrown away by the next start.
        Path partial = folder.resolveSibling("postgresql-new");
        FileUtil.removeDir(partial.toFile());
        PostgresPrograms.Result result = pg.run(
                "initdb",
                List.of(
                        "--pgdata=" + partial,
                        "--username=" + EmbeddedPostgres.USER,
                        "--auth=trust",
                        "--encoding=UTF8",
                        // no locale of the machine: the same order and letters everywhere
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8"));
        if (result.exitCode() != 0) {
            throw new EmbeddedException("the embedded PostgreSQL can't make " + folder + ": "
                    + result.output().replace('\n', ' '));
        }
        Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A server of another major version would only say so in its log. */
    private static void checkVersion(Path folder, PostgresPrograms pg) throws IOException {
        Path file = folder.resolve("PG_VERSION");
        if (!Files.exists(file)) {
            throw new EmbeddedException(
                    folder + " is not a PostgreSQL data folder: move it away, or give msgstore another"
                            + " msgstore.data-dir");
        }
        String found = Files.readString(file).strip();
        String ours = pg.run("postgres", List.of("--version")).output().replaceFirst("\\D*(\\d+).*", "$1");
        if (!found.equals(ours)) {
            throw new EmbeddedException(folder + " is of PostgreSQL " + found + ", but the embedded one is " + ours
                    + ": run it with a msgstore of that time, dump and restore it with PostgreSQL's tools, or give msgstore"
                    + " another msgstore.data-dir");
        }
    }
}
