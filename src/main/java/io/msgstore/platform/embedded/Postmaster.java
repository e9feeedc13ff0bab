/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The server process of a data folder, found by the {@code postmaster.pid} that PostgreSQL keeps there. */
final class Postmaster {
    private static final int FAST_STOP_SECONDS = 10;
    private static final int KILL_SECONDS = 5;
    private static final long EXIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private Postmaster() {}

    /** The running server of this data folder, if there is one. */
    static Optional<ProcessHandle> of(Path folder) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(pidFile(folder));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (lines.size() < 2 || !lines.get(0).strip().matches("\\d+")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.get(0).strip())).filter(Postmaster::isPostgres);
    }

    /**
     * Clears the way for a new server: stops one that outlived its msgstore, and removes the file of one that is gone
     * while its process id belongs to another program by now (usual after the restart of a container), because
     * PostgreSQL would take that program for a server. The caller must hold the lock of the folder.
     *
     * @return true when a server was stopped
     * @throws EmbeddedException when it belongs to another user, or does not end
     */
    static boolean stopOrphan(Path folder, PostgresPrograms pg) throws IOException {
        Optional<ProcessHandle> orphan = of(folder);
        if (orphan.isEmpty()) {
            Files.deleteIfExists(pidFile(folder));
            return false;
        }
        ProcessHandle server = orphan.get();
        boolean stopped = pg.stop(folder, "fast", FAST_STOP_SECONDS) || pg.stop(folder, "immediate", KILL_SECONDS);
        if (!stopped || !ended(server)) {
            throw new EmbeddedException("a PostgreSQL server (process " + server.pid() + ") still uses " + folder
                    + " and can't be stopped: stop it, or give msgstore another msgstore.data-dir");
        }
        return true;
    }

    private static Path pidFile(Path folder) {
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
