/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.apache.camel.util.FileUtil;

/**
 * The folder in which an embedded PostgreSQL keeps its data, and the server of it, found by the {@code postmaster.pid} that PostgreSQL
 * keeps there.
 */
record PostgresFolder(Path folder, PostgresPrograms pg) {
    private static final int FAST_STOP_SECONDS = 10;
    private static final int KILL_SECONDS = 5;
    private static final long EXIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /**
     * Makes it where it is absent, which takes about 2 s.
     *
     * @return whether it was made
     * @throws EmbeddedException when it can't be made, or is another server's
     */
    boolean prepare() throws IOException {
        if (isNew()) {
            initialise();
            return true;
        }
        checkVersion();
        return false;
    }

    private boolean isNew() throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private void initialise() throws IOException {
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
    private void checkVersion() throws IOException {
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

    /** The running server of this data folder, if there is one. */
    Optional<ProcessHandle> server() throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(pidFile());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (lines.size() < 2 || !lines.get(0).strip().matches("\\d+")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.get(0).strip())).filter(PostgresFolder::isPostgres);
    }

    /**
     * Clears the way for a new server: stops one that outlived its msgstore, and removes the file of one that is gone
     * while its process id belongs to another program by now (usual after the restart of a container), because
     * PostgreSQL would take that program for a server. The caller must hold the lock of the folder.
     *
     * @return true when a server was stopped
     * @throws EmbeddedException when it belongs to another user, or does not end
     */
    boolean stopOrphan() throws IOException {
        Optional<ProcessHandle> orphan = server();
        if (orphan.isEmpty()) {
            Files.deleteIfExists(pidFile());
            return false;
        }
        ProcessHandle server = orphan.get();
        boolean stopped = stop("fast", FAST_STOP_SECONDS) || stop("immediate", KILL_SECONDS);
        if (!stopped || !ended(server)) {
            throw new EmbeddedException("a PostgreSQL server (process " + server.pid() + ") still uses " + folder
                    + " and can't be stopped: stop it, or give msgstore another msgstore.data-dir");
        }
        return true;
    }

    /**
     * Stops the server, and tells whether it ended in time.
     *
     * @param mode {@code fast}, or {@code immediate}, which finishes nothing
     */
    boolean stop(String mode, int seconds) throws IOException {
        List<String> arguments =
                List.of("stop", "--pgdata=" + folder, "--mode=" + mode, "--wait", "--timeout=" + seconds, "--silent");
        return pg.run("pg_ctl", arguments).exitCode() == 0;
    }

    private Path pidFile() {
        return folder.resolve("postmaster.pid");
    }

    private static boolean isPostgres(ProcessHandle process) {
        if (isGone(process)) {
            return false;
        }
        // Unknown, when it is another user's process: leave the decision to PostgreSQL, which then refuses to start.
        return process.info()
                .command()
                .map(command -> Path.of(command).getFileName().toString().startsWith("postgres"))
                .orElse(true);
    }

    /** A zombie is gone: a daemon's parent is process 1, which in a container may be one that collects none. */
    private static boolean isGone(ProcessHandle process) {
        if (!process.isAlive()) {
            return true;
        }
        Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
        try {
            return Files.exists(stat) && Files.readString(stat).contains(") Z ");
        } catch (IOException e) {
            return !process.isAlive();
        }
    }

    /** Waits a moment for the end of a server, and tells whether it came: {@code pg_ctl} is content when the pid file is gone. */
    static boolean ended(ProcessHandle process) {
        long end = System.nanoTime() + EXIT_NANOS;
        while (!isGone(process)) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }
}
