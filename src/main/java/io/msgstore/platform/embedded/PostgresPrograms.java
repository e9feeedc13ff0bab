/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.sun.security.auth.module.UnixSystem;

/**
 * Runs {@code initdb}, {@code pg_ctl} and {@code postgres}. They refuse to run as root; for root they run in a user
 * namespace of their own ({@code unshare -U}), where the same user has another name.
 */
record PostgresPrograms(Path bin, List<String> prefix) {
    private static final List<String> NAMESPACE = List.of("unshare", "-U");
    private static final long LIMIT_SECONDS = 120;

    /** @throws EmbeddedException for root on a machine without user namespaces */
    static PostgresPrograms in(Path home) throws IOException {
        boolean root = new UnixSystem().getUid() == 0;
        return new PostgresPrograms(home.resolve("bin"), root ? namespace(NAMESPACE) : List.of());
    }

    /** Checks that {@code command} starts programs as somebody other than root. */
    static List<String> namespace(List<String> command) throws IOException {
        Result id;
        try {
            List<String> probe = new ArrayList<>(command);
            probe.addAll(List.of("id", "-u"));
            id = run(probe);
        } catch (IOException e) {
            id = new Result(1, e.getMessage());
        }
        if (id.exitCode() != 0 || id.output().equals("0")) {
            throw new EmbeddedException("the embedded PostgreSQL does not run as root on this machine, because user"
                    + " namespaces are off (" + String.join(" ", command) + ": " + id.output()
                    + "): run msgstore as a normal user, or set msgstore.dsn to a PostgreSQL of yours");
        }
        return command;
    }

    /** Runs a program to its end. Its output comes with the result, and goes nowhere else. */
    Result run(String program, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(bin.resolve(program).toString());
        command.addAll(arguments);
        return run(command);
    }

    private static Result run(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // Variables of the user's own PostgreSQL must not reach ours.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(String.join(" ", command) + " did not end in " + LIMIT_SECONDS + " s");
            }
            return new Result(process.exitValue(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + command.get(0), e);
        } finally {
            process.destroy();
        }
    }

    record Result(int exitCode, String output) {}
}
