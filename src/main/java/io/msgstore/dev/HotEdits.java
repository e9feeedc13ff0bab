/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

import io.msgstore.database.SqlFailure;
import io.msgstore.log.Repeats;

/**
 * Takes saved route and SQL files up while msgstore runs ({@code --dev}). What is saved is tried first, routes in a
 * {@link Rehearsal}, statements by the database; only then are the routes of the file replaced, in a {@link Lull}, so that
 * no message is in them. What is wrong with a file is said with its line, and nothing is changed.
 *
 * <p>Camel's own reload ({@code camel.main.routes-reload-enabled}) is not used: it stops the old routes before it looks at
 * the new ones, so that a slip of the pen stops them for good, does not wait for messages in {@code seda:} and
 * {@code batch:}, and knows nothing of SQL files. Folders are looked at every {@value #LOOK_MILLIS} ms, because Java's watch
 * service takes up to ten seconds on some systems and sees nothing on some mounted folders.
 */
public final class HotEdits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HotEdits.class);
    /** The same mistake made again is said again. */
    private static final Marker EACH = MarkerFactory.getMarker(Repeats.EACH);

    private static final long LOOK_MILLIS = 100;
    private static final Duration LULL_LIMIT = Duration.ofSeconds(10);
    private static final long RETRY_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 5_000;
    private static final String FILE = "file:";

    private final CamelContext context;
    private final Parts parts;
    private final RunningRoutes routes;
    private final Rehearsal rehearsal;
    private final SqlFiles statements;
    private final Thread thread = new Thread(this::watch, "hot-edits");

    /** The text of the route files as they run, by location. */
    private final Map<String, byte[]> running = new TreeMap<>();

    private final Set<Path> refused = new TreeSet<>();
    private Map<Path, Stamp> handled;
    private Map<Path, Stamp> seen;
    private String waitingFor;
    private volatile boolean closed;

    /**
     * What it works on.
     *
     * @param folder the working directory, for short names in the log
     * @param routeFiles locations of the route files to be run, as they are in the folders now
     * @param sql the folder of SQL files to watch, or null
     * @param stage makes a Camel with every bean that routes refer to, without routes, that starts none
     * @param database to ask about statements
     * @param inFlight number of messages in flight
     * @param redelivered whether the broker still has the messages in flight
     * @param startedLast groups of routes that don't start by themselves
     */
    public record Parts(
            Path folder,
            Supplier<List<String>> routeFiles,
            Path sql,
            Supplier<Main> stage,
            DataSource database,
            IntSupplier inFlight,
            boolean redelivered,
            Set<String> startedLast) {}

    private record Stamp(FileTime time, long size) {}

    /** An edit that can't be taken up now and is tried again. */
    private static final class NotNow extends Exception {
        private static final long serialVersionUID = 1;

        NotNow(String message, Throwable cause) {
            super(message, cause);
        }
    }

    public HotEdits(CamelContext context, Parts parts) {
        this.context = context;
        this.parts = parts;
        routes = new RunningRoutes(context, parts.startedLast());
        rehearsal = new Rehearsal(parts.stage());
        statements = new SqlFiles(parts.database());
        for (String location : parts.routeFiles().get()) {
            running.put(location, read(path(location)));
        }
        handled = stamps();
        seen = handled;
        thread.setDaemon(true);
    }

    /** Begins to watch. */
    public void start() {
        LOG.info(
                "Watching {} route files{}: what is saved takes effect at once",
                running.size(),
                parts.sql() == null ? "" : " and the SQL files");
        thread.start();
    }

    private void watch() {
        try {
            while (!closed) {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
                try {
                    look();
                } catch (RuntimeException e) {
                    waitFor("Edits can't be taken up now, and are tried again", e);
                    TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() throws InterruptedException {
        Map<Path, Stamp> now = stamps();
        boolean settled = now.equals(seen);
        seen = now;
        // what changes from look to look is still being written
        if (!settled || now.equals(handled)) {
            return;
        }
        handled.keySet().stream()
                .filter(file -> !now.containsKey(file))
                .forEach(file -> LOG.warn("{} is gone; what it did goes on until the next start", name(file)));
        handled.keySet().retainAll(now.keySet());
        Set<Path> changed = now.keySet().stream()
                .filter(file -> !now.get(file).equals(handled.get(file)))
                .collect(Collectors.toCollection(TreeSet::new));
        try {
            takeUp(changed);
            handled = now;
            waitingFor = null;
        } catch (NotNow e) {
            waitFor(names(changed) + " not taken up yet, and tried again", e);
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
    }

    private void waitFor(String what, Exception why) {
        String text = what + ": " + why.getMessage();
        if (!text.equals(waitingFor)) {
            waitingFor = text;
            LOG.warn(text);
            LOG.debug("Not taken up", why);
        }
    }

    private void takeUp(Set<Path> changed) throws NotNow, InterruptedException {
        Set<Path> together = new TreeSet<>(changed);
        together.addAll(refused);
        together.removeIf(file -> !Files.exists(file));
        if (changed.isEmpty()) {
            return;
        }
        try {
            attempt(together);
            refused.clear();
        } catch (Fault.Refused all) {
            // one that is wrong is not to hold the others up
            for (Path file : changed) {
                try {
                    if (together.size() == 1) {
                        throw all;
                    }
                    attempt(Set.of(file));
                    refused.remove(file);
                } catch (Fault.Refused one) {
                    refused.add(file);
                    report(one.fault());
                }
            }
        }
    }

    private void report(Fault fault) {
        String file = fault.file().startsWith(FILE) ? fault.file().substring(FILE.length()) : fault.file();
        String line = fault.line() > 0 ? ":" + fault.line() : "";
        LOG.error(EACH, "{}{}: {}; nothing is changed", name(Path.of(file)), line, fault.text());
    }

    private void attempt(Set<Path> files) throws Fault.Refused, NotNow, InterruptedException {
        long start = System.nanoTime();
        Set<Path> migrations = files.stream().filter(this::isMigration).collect(Collectors.toCollection(TreeSet::new));
        Set<Path> sql = files.stream()
                .filter(file -> !isRoute(file) && !migrations.contains(file))
                .collect(Collectors.toCollection(TreeSet::new));
        Map<String, byte[]> candidate = new TreeMap<>(running);
        Set<String> reload = new TreeSet<>();
        for (Path file : files) {
            byte[] text = isRoute(file) ? read(file) : null;
            if (text != null && !Arrays.equals(text, running.get(location(file)))) {
                candidate.put(location(file), text);
                reload.add(location(file));
            }
        }
        Map<String, Set<Path>> sqlOf;
        if (reload.isEmpty()) {
            sqlOf = Rehearsal.sqlFiles(context);
        } else {
            Rehearsal.Result result = rehearsal.run(candidate, reload);
            sqlOf = result.sql();
            if (reload.stream().anyMatch(result.configuring()::contains)) {
                // error handling is built into the routes that it is for
                reload.addAll(candidate.keySet());
            }
        }
        Set<Path> used = new TreeSet<>();
        sqlOf.forEach((location, statementsOfFile) -> {
            if (reload.contains(location)) {
                used.addAll(statementsOfFile);
            } else if (statementsOfFile.stream().anyMatch(sql::contains)) {
                reload.add(location);
            }
        });
        sqlOf.values().forEach(all -> all.stream().filter(sql::contains).forEach(used::add));
        Map<Path, Stamp> checked = stamps(used);
        check(used);
        if (!reload.isEmpty()) {
            int count = swap(reload, candidate, checked);
            LOG.info(
                    "Taken up: {}, {} routes, after {} s",
                    names(files),
                    count,
                    String.format("%.1f", (System.nanoTime() - start) / 1e9));
        } else if (!sql.isEmpty()) {
            LOG.info("{}: no running route uses it", names(sql));
        } else if (migrations.isEmpty()) {
            LOG.info("{}: as it is running", names(files));
        }
        if (!migrations.isEmpty()) {
            LOG.info("{}: migrations run at the next start", names(migrations));
        }
    }

    private void check(Set<Path> used) throws Fault.Refused, NotNow {
        for (Path file : used) {
            try {
                statements.check(file);
            } catch (SQLException e) {
                throw new NotNow(name(file) + " can't be checked: " + SqlFailure.message(e), e);
            }
        }
    }

    private int swap(Set<String> reload, Map<String, byte[]> candidate, Map<Path, Stamp> checked)
            throws Fault.Refused, NotNow, InterruptedException {
        try (Lull lull = new Lull(context, parts.inFlight(), RunningRoutes.of(reload))) {
            if (!lull.await(LULL_LIMIT)) {
                giveUpOnMessages();
            }
            // Camel reads them when the routes start
            if (!checked.equals(stamps(checked.keySet()))) {
                throw new NotNow("an SQL file was saved meanwhile", null);
            }
            int count = routes.swap(only(candidate, reload));
            running.putAll(only(candidate, reload));
            return count;
        } catch (NotNow | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            LOG.debug("Can't swap", e);
            putBack(reload);
            String text = "its routes don't start, so the old ones are put back: " + SqlFailure.message(e);
            throw new Fault.Refused(new Fault(reload.iterator().next(), 0, text), e);
        }
    }

    // a statement that the database refuses is tried without end: its mending must not wait for that
    private void giveUpOnMessages() throws NotNow {
        String waiting = "messages in flight are not done after " + LULL_LIMIT.toSeconds() + " s";
        if (!parts.redelivered()) {
            throw new NotNow(waiting, null);
        }
        LOG.warn(EACH, "{}: they are left to the broker, which delivers them again", waiting);
    }

    private void putBack(Set<String> reload) {
        try {
            routes.swap(only(running, reload));
        } catch (Exception e) {
            LOG.error("Nor can the old routes be started: restart msgstore", e);
        }
    }

    private static Map<String, byte[]> only(Map<String, byte[]> files, Set<String> locations) {
        Map<String, byte[]> some = new LinkedHashMap<>();
        locations.forEach(location -> some.put(location, files.get(location)));
        return some;
    }

    private Map<Path, Stamp> stamps() {
        Map<Path, Stamp> stamps = new TreeMap<>();
        parts.routeFiles().get().stream().map(HotEdits::path).forEach(file -> stamp(file, stamps));
        if (parts.sql() != null && Files.isDirectory(parts.sql())) {
            try (Stream<Path> walk = Files.walk(parts.sql())) {
                walk.filter(file -> file.toString().endsWith(".sql")).forEach(file -> stamp(file, stamps));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return stamps;
    }

    private static Map<Path, Stamp> stamps(Set<Path> files) {
        Map<Path, Stamp> stamps = new TreeMap<>();
        files.forEach(file -> stamp(file, stamps));
        return stamps;
    }

    // an editor may be replacing it just now
    private static void stamp(Path file, Map<Path, Stamp> stamps) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            stamps.put(file, new Stamp(attributes.lastModifiedTime(), attributes.size()));
        } catch (IOException e) {
            LOG.debug("{} is not there", file, e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isRoute(Path file) {
        return parts.sql() == null || !file.startsWith(parts.sql());
    }

    private boolean isMigration(Path file) {
        return !isRoute(file) && file.getParent().endsWith("migration");
    }

    private static Path path(String location) {
        return Path.of(location.substring(FILE.length()));
    }

    private static String location(Path file) {
        return FILE + file;
    }

    private String name(Path file) {
        return file.startsWith(parts.folder()) ? parts.folder().relativize(file).toString() : file.toString();
    }

    private String names(Set<Path> files) {
        return files.stream().map(this::name).collect(Collectors.joining(", "));
    }

    /** Takes nothing more up; what is being taken up is finished first, or given up after some seconds. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
