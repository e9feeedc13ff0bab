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
    private static final long FAST_STOP_SECONDS = 10;
    private static final long KILL_SECONDS = 5;
    private static final long STOP_NOW_SECONDS = 1;
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
    static boolean stopOrphan(Path folder) throws IOException {
        Optional<ProcessHandle> orphan = of(folder);
        if (orphan.isEmpty()) {
            Files.deleteIfExists(pidFile(folder));
            return false;
        }
        ProcessHandle server = orphan.get();
        signal("INT", server);
        if (!ended(server, FAST_STOP_SECONDS)) {
            signal("QUIT", server);
            if (!ended(server, KILL_SECONDS)) {
                throw new EmbeddedException("a PostgreSQL server (process " + server.pid() + ") still uses " + folder
                        + " and can't be stopped: stop it, or give msgstore another msgstore.data-dir");
            }
        }
        return true;
    }

    /** Has the server end without finishing anything, and waits a moment for it. */
    static void stopNow(ProcessHandle server) throws IOException {
        signal("QUIT", server);
        ended(server, STOP_NOW_SECONDS);
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

    /** INT and QUIT are PostgreSQL's "fast" and "immediate" stop; Java itself can only send TERM and KILL. */
    private static void signal(String name, ProcessHandle process) throws IOException {
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Waits for the end of a process, and tells whether it came in time. */
    static boolean ended(ProcessHandle process, long seconds) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!isGone(process)) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }
}
