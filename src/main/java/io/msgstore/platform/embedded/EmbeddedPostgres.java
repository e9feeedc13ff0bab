/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server on 127.0.0.1 whose data lasts: commits are synced to disk, and the folder survives a killed server,
 * a killed msgstore and restarts. Any local user may connect without a password, so it is for demo and development.
 *
 * <p>The server is a daemon of its own session, so that Ctrl-C in a terminal reaches msgstore only, which still needs the
 * database to finish. When msgstore is killed it keeps running; the next start stops it first.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    /** Name of the database that is made for msgstore. */
    public static final String DATABASE = "msgstore";
    /** Name of the superuser, and the only user. */
    public static final String USER = "postgres";

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final String HOST = "127.0.0.1";
    private static final String RECOVERY_LIMIT_SECONDS = "60";
    private static final int STOP_LIMIT_SECONDS = 5;
    private static final int KILL_LIMIT_SECONDS = 1;
    private static final int START_TRIES = 3;

    private final PostgresFolder data;
    private final Path logFile;
    private final FolderLock lock;
    private final int port;
    private boolean closed;

    private EmbeddedPostgres(PostgresFolder data, Path logFile, FolderLock lock, int port) {
        this.data = data;
        this.logFile = logFile;
        this.lock = lock;
        this.port = port;
    }

    /**
     * Starts the server on {@code <dataDirectory>/postgresql}, which is made when absent (about 2 s more), with its log in
     * {@code postgresql.log} and its programs in {@code postgresql-bin} beside it, and returns when it takes connections.
     *
     * @param preferredPort port to listen on; the next free one where it is taken, any free one when 0
     * @throws EmbeddedException with a message for the user, when it can't run here
     */
    public static EmbeddedPostgres start(Path dataDirectory, int preferredPort) {
        return start(dataDirectory, preferredPort, dataDirectory.resolve("postgresql-bin"), Map.of());
    }

    /**
     * The same with a folder for the programs, which several servers may share, and with server settings that replace
     * ours, such as {@code fsync=off} for a server whose data need not last.
     */
    public static EmbeddedPostgres start(
            Path dataDirectory, int preferredPort, Path programs, Map<String, String> settings) {
        try {
            Path parent =
                    Files.createDirectories(dataDirectory.toAbsolutePath()).toRealPath();
            Path folder = parent.resolve("postgresql");
            FolderLock lock = FolderLock.of(folder);
            try {
                PostgresFolder data = new PostgresFolder(
                        folder, PostgresPrograms.in(PostgresBinaries.unpack(programs.toAbsolutePath())));
                if (!data.prepare() && data.stopOrphan()) {
                    LOG.info("Stopped the PostgreSQL server that a killed msgstore left on {}", folder);
                }
                String detour = Ports.detour(HOST, preferredPort, "msgstore.embedded.postgres-port");
                if (detour != null) {
                    LOG.warn(detour);
                }
                int port = Ports.free(HOST, preferredPort);
                EmbeddedPostgres server = new EmbeddedPostgres(data, parent.resolve("postgresql.log"), lock, port);
                server.launch(settings);
                return server;
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new EmbeddedException("the embedded PostgreSQL can't start in " + dataDirectory + ": " + e, e);
        }
    }

    private void launch(Map<String, String> settings) throws IOException {
        List<String> arguments = List.of(
                "start",
                "--pgdata=" + data.folder(),
                "--log=" + logFile,
                "--options=" + options(settings),
                "--wait",
                "--timeout=" + RECOVERY_LIMIT_SECONDS,
                "--silent");
        for (int attempt = 1; ; attempt++) {
            long logged = Files.exists(logFile) ? Files.size(logFile) : 0;
            if (data.pg().run("pg_ctl", arguments).exitCode() == 0) {
                break;
            }
            String reason = failure(logged);
            // Workers of a killed server may take a moment to notice that it is gone.
            if (attempt == START_TRIES || !reason.contains("shared memory block")) {
                data.stop("immediate", STOP_LIMIT_SECONDS);
                throw new EmbeddedException(
                        "the embedded PostgreSQL does not start: " + reason + " (see " + logFile + ")");
            }
        }
        try {
            createDatabase();
        } catch (SQLException e) {
            data.stop("fast", STOP_LIMIT_SECONDS);
            throw new EmbeddedException(
                    "the embedded PostgreSQL has no database " + DATABASE + ": " + e.getMessage(), e);
        }
        LOG.debug("PostgreSQL on {}:{}, data in {}, log in {}", HOST, port, data.folder(), logFile);
    }

    private String options(Map<String, String> overrides) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("listen_addresses", HOST);
        settings.put("port", Integer.toString(port));
        // no socket file in a folder that all users of the machine share
        settings.put("unix_socket_directories", "''");
        settings.put("fsync", "on");
        settings.put("synchronous_commit", "on");
        settings.put("full_page_writes", "on");
        settings.put("shared_buffers", "64MB");
        settings.put("max_wal_size", "512MB");
        settings.put("log_checkpoints", "off");
        settings.putAll(overrides);
        return settings.entrySet().stream()
                .map(setting -> "-c " + setting.getKey() + "=" + setting.getValue())
                .collect(Collectors.joining(" "));
    }

    /** What the server wrote since {@code offset} (bytes) that tells why it stopped. */
    private String failure(long offset) throws IOException {
        if (!Files.exists(logFile)) {
            return "no log";
        }
        byte[] log = Files.readAllBytes(logFile);
        int from = (int) Math.min(offset, log.length);
        String reason = new String(log, from, log.length - from, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains("FATAL:") || line.contains("ERROR:") || line.contains("PANIC:"))
                .collect(Collectors.joining("; "));
        return reason.isEmpty() ? "no answer in " + RECOVERY_LIMIT_SECONDS + " s" : reason;
    }

    private void createDatabase() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url("postgres"));
                Statement statement = connection.createStatement()) {
            boolean exists;
            try (ResultSet found =
                    statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                exists = found.next();
            }
            if (!exists) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        }
    }

    /** TCP port that it listens on. */
    public int port() {
        return port;
    }

    /** JDBC URL of the database {@value #DATABASE}, with the user in it; no password is needed. */
    public String jdbcUrl() {
        return url(DATABASE);
    }

    /** The same as an argument for {@code psql}. */
    public String psqlUrl() {
        return "postgresql://" + USER + "@" + HOST + ":" + port + "/" + DATABASE;
    }

    /** Process id of the server, or -1 when it is not running. */
    public long pid() {
        try {
            return data.server().map(ProcessHandle::pid).orElse(-1L);
        } catch (IOException e) {
            throw new EmbeddedException("can't read the process id in " + data.folder() + ": " + e.getMessage(), e);
        }
    }

    private String url(String database) {
        return "jdbc:postgresql://" + HOST + ":" + port + "/" + database + "?user=" + USER;
    }

    /** Stops the server, cutting off its clients; usually below half a second. May be called twice, and when it has died. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            Optional<ProcessHandle> server = data.server();
            if (server.isPresent()) {
                if (!data.stop("fast", STOP_LIMIT_SECONDS)) {
                    data.stop("immediate", STOP_LIMIT_SECONDS);
                }
                PostgresFolder.ended(server.get());
            }
        } catch (IOException e) {
            throw new EmbeddedException(
                    "the embedded PostgreSQL in " + data.folder() + " did not stop: " + e.getMessage(), e);
        } finally {
            lock.close();
        }
    }

    /**
     * Ends the server at once, without waiting for {@link #close()} where that is under way. Commits are kept: the next
     * start takes them from the write-ahead log.
     */
    public void kill() {
        try {
            if (data.server().isPresent()) {
                data.stop("immediate", KILL_LIMIT_SECONDS);
            }
        } catch (IOException e) {
            LOG.warn("Can't end the PostgreSQL server on {}: {}", data.folder(), e.getMessage());
        }
    }
}
