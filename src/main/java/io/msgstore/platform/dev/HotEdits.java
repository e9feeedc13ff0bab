/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;

import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

import io.msgstore.platform.dev.WatchedFiles.Stamp;
import io.msgstore.platform.log.Repeats;

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
    private static final long RETRY_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 5_000;

    private final WatchedFiles watched;
    private final EditApplier edits;
    private final Thread thread = new Thread(this::watch, "hot-edits");

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
     * @param sql the folder of SQL files to watch; null where there is none, or no database
     * @param stage makes a Camel with every bean that routes refer to, without routes, that starts none
     * @param database to ask about statements; null where there is none
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

    public HotEdits(CamelContext context, Parts parts) {
        watched = new WatchedFiles(parts.folder(), parts.routeFiles(), parts.sql());
        edits = new EditApplier(context, parts, watched);
        handled = watched.stamps();
        seen = handled;
        thread.setDaemon(true);
    }

    /** Begins to watch. */
    public void start() {
        LOG.info(
                "Watching {} route files{}: what is saved takes effect at once",
                edits.size(),
                watched.hasSql() ? " and the SQL files" : "");
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
        Map<Path, Stamp> now = watched.stamps();
        boolean settled = now.equals(seen);
        seen = now;
        // what changes from look to look is still being written
        if (!settled || now.equals(handled)) {
            return;
        }
        handled.keySet().stream()
                .filter(file -> !now.containsKey(file))
                .forEach(file -> LOG.warn("{} is gone; what it did goes on until the next start", watched.name(file)));
        handled.keySet().retainAll(now.keySet());
        Set<Path> changed = now.keySet().stream()
                .filter(file -> !now.get(file).equals(handled.get(file)))
                .collect(Collectors.toCollection(TreeSet::new));
        try {
            takeUp(changed);
            handled = now;
            waitingFor = null;
        } catch (NotNow e) {
            waitFor(watched.names(changed) + " not taken up yet, and tried again", e);
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
            edits.apply(together);
            refused.clear();
        } catch (Fault.Refused all) {
            // one that is wrong is not to hold the others up
            for (Path file : changed) {
                try {
                    if (together.size() == 1) {
                        throw all;
                    }
                    edits.apply(Set.of(file));
                    refused.remove(file);
                } catch (Fault.Refused one) {
                    refused.add(file);
                    report(one.fault());
                }
            }
        }
    }

    private void report(Fault fault) {
        String line = fault.line() > 0 ? ":" + fault.line() : "";
        LOG.error(EACH, "{}{}: {}; nothing is changed", watched.name(fault.file()), line, fault.text());
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
