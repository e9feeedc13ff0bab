/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;

import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/** A copy of the project's routes and SQL in the folder of a test, and the edits of it while msgstore runs on it. */
public final class Edits {
    public static final String ROUTE = "routes/store/gps_v1/store-gps.camel.yaml";
    public static final String SQL = "sql/postgresql/gps_v1/store-gps.sql";
    /** When nothing has come of an edit after that, nothing will. */
    public static final Duration LIMIT = Limits.LIMIT;

    /** In {@link #SQL}: what {@link #speed} takes the place of. */
    public static final String SPEED = "cast(p.speed as";

    /** In {@link #ROUTE}: a step to put another one before. */
    public static final String STORED = "        - process:\n            id: store-gps-stored\n";

    private final Servers servers;

    public Edits(Servers servers) {
        this.servers = servers;
    }

    /** Copies routes and SQL into the folder of this test. */
    public void copyTheBundle() {
        Folders.copyOfProject("routes", servers.folder());
        Folders.copyOfProject("sql", servers.folder());
    }

    /** A msgstore that watches them. */
    public MsgstoreProcess dev() {
        MsgstoreProcess msgstore = servers.msgstore().arguments("--dev").startAndAwaitReady();
        msgstore.awaitLine("what is saved takes effect", LIMIT);
        return msgstore;
    }

    /** Stores another speed than that of the message. */
    public static String speed(int value) {
        return "cast(" + value + " as";
    }

    /** A step that says something. */
    public static String step(String id, String message) {
        return "        - log:\n            id: " + id + "\n            message: " + message + "\n";
    }

    /** Saves the project's file with one change, or as it is; returns the text with the change. */
    public String edit(String file, String old, String edited) throws IOException {
        String text = Files.readString(Path.of(System.getProperty("user.dir")).resolve(file));
        assertThat(text).contains(old);
        String whole = text.replace(old, edited);
        Files.writeString(servers.folder().resolve(file), old.isEmpty() ? text : whole);
        return whole;
    }

    /** Saves the project's file with one change, waits until it shows, and says how long that took. */
    public Duration effective(String file, String old, String edited, Callable<Boolean> shows) throws IOException {
        long start = System.nanoTime();
        edit(file, old, edited);
        Awaitility.await(file + ": " + edited)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(shows);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Number of positions for which this is true. */
    public long rows(String condition) {
        return servers.postgres().query("select count(*) from gps_position_histories where " + condition);
    }

    public void awaitRows(String condition) {
        Awaitility.await(condition).atMost(LIMIT).until(() -> rows(condition) > 0);
    }

    /** Number of lines of the output with this text. */
    public static long lines(MsgstoreProcess msgstore, String text) {
        return msgstore.output().lines().filter(line -> line.contains(text)).count();
    }
}
