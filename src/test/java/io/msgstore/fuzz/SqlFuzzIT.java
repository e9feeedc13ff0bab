/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.failure.DeadLetter;
import io.msgstore.devices.failure.DeadLetterQuery;
import io.msgstore.platform.api.BadRequest;
import io.msgstore.platform.database.SqlFailure;
import io.msgstore.support.OneTry;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The statements of the store and of the dead letters, without msgstore around them: whatever a message holds, they take
 * it or refuse it for its data, and soon. What looked like an outage would be tried again for ever, and hold up everything.
 * 20,000 messages and 3,000 queries, 80 s on two busy cores.
 */
@OneTry
class SqlFuzzIT {
    private static final Path SQL = Path.of("sql/postgresql");
    private static final Pattern PARAMETER = Pattern.compile(":#(\\w+)");
    // msgstore.db-timeout-ms is 300: generous, because machines are busy
    private static final int TIMEOUT_MS = 3_000;

    private static TestPostgres postgres;
    private static Connection connection;
    private static final Map<String, PreparedStatement> STATEMENTS = new HashMap<>();

    @BeforeAll
    static void start() throws SQLException, IOException {
        postgres = TestPostgres.running();
        try (Stream<Path> migrations = Files.list(SQL.resolve("migration"))) {
            for (Path migration : migrations.sorted().toList()) {
                postgres.execute(Files.readString(migration));
            }
        }
        connection = postgres.connect();
        try (Statement statement = connection.createStatement()) {
            statement.execute("set statement_timeout = " + TIMEOUT_MS);
        }
    }

    @AfterAll
    static void stop() throws SQLException {
        connection.close();
        postgres.close();
    }

    @Test
    void everyMessageIsStoredOrRefusedForItsData() throws Exception {
        postgres.execute("truncate dead_letters");
        Map<String, Integer> outcomes = new TreeMap<>();
        Fuzz.run("payloads", 20_000, Payloads::next, one -> {
            Envelope envelope = Envelope.of(new ReceivedMessage("devices/a/up", one.bytes()), 1 << 20);
            String reason = envelope.reason();
            String error = envelope.error();
            if (reason == null) {
                String statement =
                        switch (envelope.event()) {
                            case "gps" -> "gps_v1/store-gps.sql";
                            case "evt", "cmd" -> "gps_v1/store-command.sql";
                            default -> null;
                        };
                try {
                    if (statement != null) {
                        ByteArrayOutputStream payload = new ByteArrayOutputStream();
                        envelope.writePayload(payload);
                        execute(statement, envelope.json(), payload.toByteArray());
                    }
                    reason = statement == null ? "unknown-event" : null;
                } catch (SQLException e) {
                    assertThat(SqlFailure.of(e)).as(e.toString()).isEqualTo(SqlFailure.DATA);
                    reason = SqlFailure.reason(e);
                    error = SqlFailure.message(e);
                }
            }
            outcomes.merge(reason == null ? "stored" : reason, 1, Integer::sum);
            if (reason != null) {
                insert(new DeadLetter(envelope, one.origin(), reason, error, null, 1, Instant.now(), false));
            }
        });
        System.out.println(outcomes);
        assertThat(outcomes).containsKeys("stored", "bad-data", "constraint", "unknown-event", "not-json", "no-event");
        long letters = postgres.query("select count(*) from dead_letters");
        assertThat(listAll()).isEqualTo(letters);
        assertThat(replayAll()).isEqualTo(letters);
    }

    @Test
    void everyQueryThatIsNotRefusedIsAnswered() {
        postgres.execute(
                "truncate dead_letters; insert into dead_letters (failed_at, received_at, reason, attempts, topic,"
                        + " envelope, message_key, message_hash) select now(), now(), 'not-json', 1, 'a/b/' || i, '{}', i, i"
                        + " from generate_series(1, 20) i");
        DefaultCamelContext context = new DefaultCamelContext();
        Fuzz.run("queries", 3_000, Queries::next, one -> {
            Exchange exchange = new DefaultExchange(context);
            exchange.getMessage().setHeader(Exchange.HTTP_QUERY, one.input());
            try {
                new DeadLetterQuery().list(exchange);
            } catch (BadRequest e) {
                return;
            }
            Map<String, Object> parameters = new HashMap<>();
            ((Map<?, ?>) exchange.getMessage().getBody())
                    .forEach((name, value) -> parameters.put((String) name, value));
            parameters.put("settled", "");
            for (String file : new String[] {"list.sql", "replay-page.sql", "count-open.sql"}) {
                query("dead-letters/" + file, parameters);
            }
        });
    }

    private static void insert(DeadLetter letter) throws SQLException {
        try {
            execute("dead-letters/insert.sql", letter.json(), new byte[0]);
        } catch (SQLException e) {
            assertThat(SqlFailure.of(e)).as(e.toString()).isEqualTo(SqlFailure.DATA);
            execute("dead-letters/insert.sql", letter.asBytes().json(), new byte[0]);
        }
    }

    private static void execute(String file, byte[] json, byte[] payload) throws SQLException {
        query(file, Map.of("batch", array(json), "payloads", array(payload), "timeZone", "", "maxFuture", "1d"));
    }

    private static String array(byte[] element) {
        return "[" + new String(element, StandardCharsets.UTF_8) + "]";
    }

    private static List<Map<String, Object>> query(String file, Map<String, Object> parameters) throws SQLException {
        String sql = sql(file);
        PreparedStatement statement = STATEMENTS.get(file);
        if (statement == null) {
            statement = connection.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"));
            STATEMENTS.put(file, statement);
        }
        Matcher parameter = PARAMETER.matcher(sql);
        for (int i = 1; parameter.find(); i++) {
            statement.setObject(i, parameters.get(parameter.group(1)));
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                Map<String, Object> row = new HashMap<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.put(result.getMetaData().getColumnLabel(i), result.getObject(i));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static String sql(String file) {
        try {
            return Files.readAllLines(SQL.resolve(file)).stream()
                    .filter(line -> !line.startsWith("--"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads every page as the API does; returns the number of dead letters. */
    private static long listAll() throws SQLException, IOException {
        Map<String, Object> parameters = new HashMap<>(Map.of("after", 0L, "limit", 100, "newest", false));
        long letters = 0;
        while (true) {
            JsonNode page = EnvelopeFuzzTest.DEEPER.readTree(
                    (String) query("dead-letters/list.sql", parameters).get(0).get("json"));
            letters += page.get("items").size();
            if (page.get("next").isNull()) {
                return letters;
            }
            parameters.put("after", page.get("next").asLong());
        }
    }

    /** Reads every page as a replay does; returns the number of dead letters. */
    private static long replayAll() throws SQLException {
        Map<String, Object> parameters = new HashMap<>(Map.of("settled", "", "after", 0L, "limit", 100));
        long letters = 0;
        while (true) {
            List<Map<String, Object>> page = query("dead-letters/replay-page.sql", parameters);
            Object last = page.get(page.size() - 1).get("id");
            if (last == null) {
                return letters;
            }
            letters += page.size();
            parameters.put("after", last);
        }
    }
}
