/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

import io.msgstore.app.LocalMsgstore;

/**
 * msgstore in the JVM of the test, on threads of its own. Its log and what it prints are its output, as those of a process.
 * After its end none of its threads may be left.
 */
final class InThisJvm implements Running {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** Threads that libraries share in a JVM, and end when they have had nothing to do for a while. */
    private static final List<String> OF_LIBRARIES = List.of("PostgreSQL-JDBC-", "globalEventExecutor");

    private final ThreadGroup group = ThreadGroupLog.newGroup("msgstore-" + NUMBER.incrementAndGet());
    private final OutputLines lines;
    private final PrintStream out;
    private final ThreadGroupLog log;
    private final LocalMsgstore msgstore;
    private final Thread main = new Thread(group, this::run, "main of " + group.getName());

    private volatile int exitCode;

    private InThisJvm(
            List<String> arguments,
            Path folder,
            Map<String, String> settings,
            Map<String, String> environment,
            Path outputFile) {
        if (!TimeZone.getDefault().hasSameRules(TimeZone.getTimeZone("UTC"))) {
            throw new IllegalStateException(
                    "msgstore needs -Duser.timezone=UTC in this JVM, as its main class sets it");
        }
        lines = new OutputLines(outputFile);
        out = new PrintStream(new Printed(lines), true, StandardCharsets.UTF_8);
        log = new ThreadGroupLog(group, lines);
        Properties properties = new Properties();
        properties.putAll(settings);
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.putAll(environment);
        msgstore = new LocalMsgstore(arguments, folder, properties, variables, out);
        main.setDaemon(true);
    }

    /** Starts msgstore with a folder that takes the place of the working directory. */
    static InThisJvm start(
            List<String> arguments,
            Path folder,
            Map<String, String> settings,
            Map<String, String> environment,
            Path outputFile) {
        InThisJvm started = new InThisJvm(arguments, folder.toAbsolutePath(), settings, environment, outputFile);
        started.main.start();
        return started;
    }

    private void run() {
        try {
            exitCode = msgstore.run();
        } catch (RuntimeException | Error e) {
            e.printStackTrace(out);
            exitCode = 1;
        }
    }

    @Override
    public OutputLines lines() {
        return lines;
    }

    @Override
    public boolean isAlive() {
        return main.isAlive();
    }

    @Override
    public long pid() {
        throw new UnsupportedOperationException("it is in this JVM; Builder.asProcess() makes it a process");
    }

    @Override
    public int terminate() {
        // on a thread of the group, whose log is that of msgstore
        new Thread(group, msgstore::stop, "stop of " + group.getName()).start();
        return awaitExit();
    }

    @Override
    public int awaitExit() {
        try {
            main.join(Limits.LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (isAlive()) {
            throw new IllegalStateException("still running after " + Limits.SECONDS + " s:\n" + output());
        }
        return exitCode;
    }

    @Override
    public void kill9() {
        throw new UnsupportedOperationException("it is in this JVM; Builder.asProcess() makes it a process");
    }

    /** @throws IllegalStateException when it leaves threads behind, with what they do */
    @Override
    public void close() {
        try {
            if (isAlive()) {
                terminate();
            }
            awaitNoThreads();
        } finally {
            log.close();
            lines.close();
        }
    }

    private void awaitNoThreads() {
        try {
            Awaitility.await("no threads")
                    .atMost(Limits.LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> threads().findAny().isEmpty());
        } catch (ConditionTimeoutException e) {
            throw new IllegalStateException(
                    "msgstore left threads behind:\n"
                            + threads().map(InThisJvm::stack).collect(Collectors.joining("\n")),
                    e);
        }
    }

    private static String stack(Thread thread) {
        return Stream.of(thread.getStackTrace())
                .map(frame -> "\tat " + frame)
                .collect(Collectors.joining("\n", thread.getName() + "\n", ""));
    }

    private Stream<Thread> threads() {
        Thread[] all = new Thread[group.activeCount() + 100];
        int found = group.enumerate(all);
        return Stream.of(all).limit(found).filter(thread -> OF_LIBRARIES.stream()
                .noneMatch(thread.getName()::startsWith));
    }

    /** Makes lines of what is printed. */
    private static final class Printed extends OutputStream {
        private final OutputLines lines;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Printed(OutputLines lines) {
            this.lines = lines;
        }

        @Override
        public void write(int b) {
            if (b == '\n') {
                lines.add(line.toString(StandardCharsets.UTF_8));
                line.reset();
            } else {
                line.write(b);
            }
        }
    }
}
