/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.dev.WatchedFiles.Stamp;
import io.msgstore.platform.log.Repeats;

/** Tries saved files, and puts them in the place of those that run, at a moment in which no message is in their routes. */
final class EditApplier {
    private static final Logger LOG = LoggerFactory.getLogger(HotEdits.class);
    /** The same mistake made again is said again. */
    private static final Marker EACH = MarkerFactory.getMarker(Repeats.EACH);

    private static final Duration LULL_LIMIT = Duration.ofSeconds(10);

    private final CamelContext context;
    private final WatchedFiles watched;
    private final RunningRoutes routes;
    private final Rehearsal rehearsal;
    private final SqlFiles statements;
    private final HotEdits.Parts parts;

    /** The text of the route files as they run, by location. */
    private final Map<String, byte[]> running;

    EditApplier(CamelContext context, HotEdits.Parts parts, WatchedFiles watched) {
        this.context = context;
        this.parts = parts;
        this.watched = watched;
        routes = new RunningRoutes(context, parts.startedLast());
        rehearsal = new Rehearsal(parts.stage());
        statements = new SqlFiles(parts.database());
        running = watched.routes();
    }

    /** Number of route files that run. */
    int size() {
        return running.size();
    }

    /**
     * Puts files in the place of those that run: all of them, or none.
     *
     * @throws Fault.Refused when one of them is wrong; nothing is changed
     * @throws NotNow when it can't be said, or done, now; nothing is changed
     */
    void apply(Set<Path> files) throws Fault.Refused, NotNow, InterruptedException {
        long start = System.nanoTime();
        Set<Path> migrations =
                files.stream().filter(watched::isMigration).collect(Collectors.toCollection(TreeSet::new));
        Set<Path> sql = files.stream()
                .filter(file -> !watched.isRoute(file) && !migrations.contains(file))
                .collect(Collectors.toCollection(TreeSet::new));
        Map<String, byte[]> candidate = new TreeMap<>(running);
        Set<String> reload = new TreeSet<>();
        for (Path file : files) {
            byte[] text = watched.isRoute(file) ? WatchedFiles.read(file) : null;
            if (text != null && !Arrays.equals(text, running.get(WatchedFiles.location(file)))) {
                candidate.put(WatchedFiles.location(file), text);
                reload.add(WatchedFiles.location(file));
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
        Map<Path, Stamp> checked = WatchedFiles.stamps(used);
        check(used);
        if (!reload.isEmpty()) {
            int count = swap(reload, candidate, checked);
            LOG.info(
                    "Taken up: {}, {} routes, after {} s",
                    watched.names(files),
                    count,
                    String.format("%.1f", (System.nanoTime() - start) / 1e9));
        } else if (!sql.isEmpty()) {
            LOG.info("{}: no running route uses it", watched.names(sql));
        } else if (migrations.isEmpty()) {
            LOG.info("{}: as it is running", watched.names(files));
        }
        if (!migrations.isEmpty()) {
            LOG.info("{}: migrations run at the next start", watched.names(migrations));
        }
    }

    private void check(Set<Path> used) throws Fault.Refused, NotNow {
        for (Path file : used) {
            try {
                statements.check(file);
            } catch (SQLException e) {
                throw new NotNow(watched.name(file) + " can't be checked: " + SqlFailure.message(e), e);
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
            if (!checked.equals(WatchedFiles.stamps(checked.keySet()))) {
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
}
