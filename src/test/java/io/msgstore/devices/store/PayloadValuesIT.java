/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.platform.database.SqlFailure;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the statements of the store make of the values in a payload, without msgstore around them: the right row, or an error
 * that becomes a dead letter and says what is wrong.
 */
class PayloadValuesIT {
    private static final Path SQL = Path.of("sql/postgresql");
    private static final Pattern PARAMETER = Pattern.compile(":#(\\w+)");
    private static final String NO_TIME = "\" is neither RFC 3339 with an offset nor an epoch";
    private static final String NO_OFFSET = "\" has no offset, and msgstore.time-zone is empty";
    private static final String PAST = "\" is before 1970";
    private static final String FUTURE = "\" is more than 1d ahead";

    private static TestPostgres postgres;

    private final Map<String, String> settings = new HashMap<>(Map.of("timeZone", "", "maxFuture", "1d"));
    private String session = "set timezone to 'UTC'";

    @BeforeAll
    static void start() throws IOException {
        postgres = TestPostgres.running();
        try (Stream<Path> migrations = Files.list(SQL.resolve("migration"))) {
            for (Path migration : migrations.sorted().toList()) {
                postgres.execute(Files.readString(migration));
            }
        }
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void empty() {
        postgres.execute("truncate gps_position_histories, gps_position_last, client_cmd_events");
    }

    // ---- times

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '`',
            value = {
                "1770602938 -> 2026-02-09T02:08:58Z",
                "\"1770602938\" -> 2026-02-09T02:08:58Z",
                "1770602938.5 -> 2026-02-09T02:08:58.500Z",
                "\"1770602938.5\" -> 2026-02-09T02:08:58.500Z",
                "1.770602938E9 -> 2026-02-09T02:08:58Z",
                "1770602938123 -> 2026-02-09T02:08:58.123Z",
                "\"1770602938123\" -> 2026-02-09T02:08:58.123Z",
                "1770602938123456 -> 2026-02-09T02:08:58.123456Z",
                "\"1770602938123456\" -> 2026-02-09T02:08:58.123456Z",
                "1770602938123456789 -> 2026-02-09T02:08:58.123457Z",
                "\"1770602938123456789\" -> 2026-02-09T02:08:58.123457Z",
                // what PostgreSQL reads as a date of the year 177060
                "1770601215 -> 2026-02-09T01:40:15Z",
                "\"1770601215\" -> 2026-02-09T01:40:15Z",
                "0 -> 1970-01-01T00:00:00Z",
                "\"0\" -> 1970-01-01T00:00:00Z",
                "\"1970-01-01T00:00:00Z\" -> 1970-01-01T00:00:00Z",
                "\"2026-02-09T02:08:58Z\" -> 2026-02-09T02:08:58Z",
                "\"2026-02-09t02:08:58.5z\" -> 2026-02-09T02:08:58.500Z",
                "\"2026-02-09 10:08:58.123456+08:00\" -> 2026-02-09T02:08:58.123456Z",
                "\"2026-02-09T10:08:58.123456789+08:00\" -> 2026-02-09T02:08:58.123457Z",
                "\"2026-02-08T20:23:58-05:45\" -> 2026-02-09T02:08:58Z",
                "\"2026-02-09T02:08:58-00:00\" -> 2026-02-09T02:08:58Z",
                // not of RFC 3339, but clear: date -Iseconds of old, Jackson of old, PostgreSQL itself
                "\"2026-02-09T10:08:58+0800\" -> 2026-02-09T02:08:58Z",
                "\"2026-02-09 10:08:58+08\" -> 2026-02-09T02:08:58Z",
                // a leap second is the first second after it
                "\"2016-12-31T23:59:60Z\" -> 2017-01-01T00:00:00Z",
                "\"2026-02-08T24:00:00Z\" -> 2026-02-09T00:00:00Z",
                "\"2024-02-29T23:59:59.999999Z\" -> 2024-02-29T23:59:59.999999Z"
            })
    void aTimeIsRead(String json, Instant time) throws SQLException {
        // whatever the session says
        session = "set timezone to 'Asia/Shanghai'";
        storeAsAnyTime(json);
        assertThat(times()).hasSize(3).containsOnly(time);
    }

    static Stream<List<String>> badTimes() {
        return Stream.of(
                        bad(
                                NO_TIME,
                                "\"now\"",
                                "\"NOW\"",
                                "\"today\"",
                                "\"yesterday\"",
                                "\"epoch\"",
                                "\"allballs\"",
                                "\"infinity\"",
                                "\"-infinity\"",
                                "\"Infinity\"",
                                "\"NaN\"",
                                "\"null\"",
                                "\" \"",
                                "\"J2451187\"",
                                "\"05/01/2026 17:00:00\"",
                                "\"01.05.2026 17:00:00\"",
                                "\"Mon, 09 Feb 2026 02:08:58 GMT\"",
                                "\"20260101T000000Z\"",
                                "\"2026-02-09\"",
                                "\"2026-02-09T02:08Z\"",
                                "\"2026-02-09T 2:08:58Z\"",
                                "\"2026-02-09T02:08:58 Z\"",
                                "\"2026-02-09T02:08:58Z \"",
                                "\"2026-02-09T02:08:58,5Z\"",
                                "\"2026-02-09T02:08:58.12Z-03Z\"",
                                "\"2026-02--9T02:08:58Z\"",
                                "\"2026-02-09T02:08:58 Europe/Berlin\"",
                                "\"2026-02-09T02:08:58 CET\"",
                                "\"2026-02-09T02:08:58Z BC\"",
                                "\"20000-01-01T00:00:00Z\"",
                                "\"-2026-01-01T00:00:00Z\"",
                                "\" 1770602938\"",
                                "\"1_770_602_938\"",
                                "\"0x698941FA\"",
                                "\"1770602938s\"",
                                "true",
                                "false",
                                "{}",
                                "[]",
                                "[1770602938]",
                                "{\"$date\": 1770602938123}"),
                        bad(NO_OFFSET, "\"2026-11-01T01:30:00\"", "\"2026-11-01 01:30:00.5\""),
                        bad(
                                PAST,
                                "-1",
                                "-0.000001",
                                "-1770602938",
                                "\"-1\"",
                                "-1e300",
                                "-1e400",
                                "\"1969-12-31T23:59:59Z\"",
                                "\"1970-01-01T00:00:00+08:00\"",
                                "\"0001-01-01T00:00:00Z\""),
                        bad(
                                FUTURE,
                                "99999999999",
                                "99999999999999",
                                "99999999999990000",
                                "9999999999999999999",
                                "100000000000000000000",
                                "\"999999999999999999999\"",
                                "1e300",
                                "\"99999999999\"",
                                "\"9999-12-31T23:59:59Z\""),
                        bad(
                                "date/time field value out of range: \"",
                                "\"2026-02-30T00:00:00Z\"",
                                "\"2026-13-01T00:00:00Z\"",
                                "\"2026-02-09T24:00:01Z\"",
                                "\"2026-02-09T99:00:00Z\"",
                                "\"2025-02-29T00:00:00Z\"",
                                "\"2026-01-01T23:60:00Z\"",
                                "\"2026-01-01T23:00:61Z\"",
                                "\"0000-01-01T00:00:00Z\""),
                        bad(
                                "invalid input syntax for type timestamp with time zone",
                                "\"2026-02-09T02:08:58.5+08:00Z\"",
                                "\"2026-0+-09T02:08:58Z\""),
                        bad("invalid input syntax for type double precision", "\".\"", "\"1e\"", "\"1.2.3\""),
                        bad("out of range for type double precision", "1e400", "\"1e400\""),
                        bad(
                                "time zone displacement out of range: \"",
                                "\"2026-01-01T00:00:00+16:00\"",
                                "\"2026-01-01T00:00:00-99:99\"",
                                "\"2026-01-01T00:00:00+08:99\""),
                        bad("unsupported Unicode escape sequence", "\"2026-02-09T02:08:58Z\\u0000\""))
                .flatMap(group -> group);
    }

    private static Stream<List<String>> bad(String error, String... values) {
        return Stream.of(values).map(value -> List.of(value, error));
    }

    @ParameterizedTest
    @MethodSource("badTimes")
    void whatIsNoTimeIsBadData(List<String> valueAndError) {
        String json = valueAndError.get(0);
        String error = valueAndError.get(1);
        assertThat(refused(() -> store("store-gps.sql", gps("\"gps_time\":" + json))))
                .contains(shown("gps_time", json, error));
        assertThat(refused(() -> store("store-gps.sql", gps("\"ts\":" + json)))).contains(shown("ts", json, error));
        String ofEvent = refused(() -> store("store-command.sql", "{\"event\":\"evt\",\"ts\":" + json + "}"));
        // there a number is that of a jsonb, written out
        if (!json.matches("-?1e\\d+")) {
            assertThat(ofEvent).contains(shown("ts", json, error));
        }
        assertThat(times()).isEmpty();
    }

    /** @param error of ours, which goes on behind the value, or PostgreSQL's */
    private static String shown(String field, String json, String error) {
        return error.startsWith("\"") ? "ERROR: " + field + " \"" + json.replaceAll("^\"|\"$", "") + error : error;
    }

    @Test
    void aLongTextIsNotShownAsAWhole() {
        assertThat(refused(() -> store("store-gps.sql", gps("\"ts\":\"" + "x".repeat(1_000_000) + "\""))))
                .hasSizeLessThan(300);
        assertThat(refused(() -> store("store-gps.sql", gps("\"ts\":1" + "0".repeat(100_000)))))
                .hasSizeLessThan(300);
    }

    @Test
    void aTimeMayBeAheadAsFarAsTheSettingsSay() throws SQLException {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        storeAsAnyTime("\"" + now.plus(Duration.ofHours(23)) + "\"");
        storeAsAnyTime(Long.toString(now.plus(Duration.ofHours(22)).toEpochMilli()));
        assertThat(times()).hasSize(6);
        settings.put("maxFuture", "60m");
        String later = gps("\"ts\":\"" + now.plus(Duration.ofHours(2)) + "\"");
        assertThat(refused(() -> store("store-gps.sql", later))).contains(" is more than 60m ahead");
        settings.put("maxFuture", "3h");
        store("store-gps.sql", later);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "UTC, 2026-11-01T01:30:00 -> 2026-11-01T01:30:00Z",
                "Asia/Shanghai, 2026-11-01T01:30:00 -> 2026-10-31T17:30:00Z",
                // the hour that comes twice: the later one
                "America/New_York, 2026-11-01 01:30:00.25 -> 2026-11-01T06:30:00.250Z",
                // and the one that does not come
                "America/New_York, 2026-03-08T02:30:00 -> 2026-03-08T07:30:00Z",
                // an offset says more
                "Asia/Shanghai, 2026-11-01T01:30:00Z -> 2026-11-01T01:30:00Z",
                "Asia/Shanghai, 2026-11-01T01:30:00-02:00 -> 2026-11-01T03:30:00Z"
            })
    void aTimeWithoutOffsetIsOfTheZoneOfTheSettings(String zoneAndTime, Instant time) throws SQLException {
        settings.put("timeZone", zoneAndTime.split(", ")[0]);
        settings.put("maxFuture", "3650d");
        storeAsAnyTime("\"" + zoneAndTime.split(", ")[1] + "\"");
        assertThat(times()).hasSize(3).containsOnly(time);
        assertThat(refused(() -> store("store-gps.sql", gps("\"ts\":\"now\"")))).contains("ts \"now" + NO_TIME);
    }

    @Test
    void anEmptyTimeIsNone() throws SQLException {
        store("store-gps.sql", gps("\"gps_time\":\"\",\"ts\":1770602938"));
        store("store-gps.sql", gps("\"gps_time\":null,\"ts\":1770602939"));
        store("store-gps.sql", gps("\"gps_time\":\"2026-02-09T02:09:00Z\",\"ts\":\"\""));
        store("store-command.sql", "{\"event\":\"evt\",\"ts\":\"\",\"type\":\"a\"}");
        store("store-command.sql", "{\"event\":\"evt\",\"ts\":null,\"type\":\"b\"}");
        assertThat(times())
                .containsExactly(
                        Instant.parse("2026-01-23T17:00:00.123Z"),
                        Instant.parse("2026-01-23T17:00:00.123Z"),
                        Instant.ofEpochSecond(1770602938),
                        Instant.ofEpochSecond(1770602939),
                        Instant.ofEpochSecond(1770602940));
        assertThat(error(() -> store("store-gps.sql", gps("\"gps_time\":\"\",\"ts\":\"\"")), "constraint"))
                .contains("gps_time");
    }

    @Test
    void theTimeOfAnEnvelopeIsReadInTheSameWay() {
        for (String ts : List.of("\"now\"", "\"2026-01-23T17:00:00\"", "\"9999-12-31T23:59:59Z\"", "\"infinity\"")) {
            assertThat(refused(() ->
                            execute("store-command.sql", "[{\"ts\":" + ts + ",\"payload\":{\"event\":\"evt\"}}]")))
                    .contains("ts " + ts);
        }
    }

    @Test
    void aLastPositionOfATimeToComeDoesNotHoldTheLastPosition() throws SQLException {
        postgres.execute("insert into gps_position_last (terminal_id, gps_time, latitude, longitude) values"
                + " ('t', '177060-12-15 00:00:00Z', 1, 2), ('late', now() - interval '1 hour', 1, 2)");
        store("store-gps.sql", gps("\"ts\":1770602938"));
        store("store-gps.sql", gps("\"ts\":1770602937"));
        store("store-gps.sql", gps("\"terminal_id\":\"late\",\"ts\":1770602937"));
        assertThat(postgres.rows("select terminal_id, latitude::text from gps_position_last where gps_time ="
                        + " to_timestamp(1770602938)"))
                .containsExactly(Map.of("terminal_id", "t", "latitude", "48.200000"));
        assertThat(postgres.query("select count(*) from gps_position_last where latitude = 1"))
                .isOne();
    }

    // ---- other values

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '`',
            value = {
                "\"latitude\":9114.5 -> latitude 9114.5 is not from -90 to 90",
                "\"latitude\":4812.3456 -> latitude 4812.3456 is not from -90 to 90",
                "\"latitude\":90.0000001 -> latitude 90.0000001 is not from -90 to 90",
                "\"latitude\":-90.1 -> latitude -90.1 is not from -90 to 90",
                "\"latitude\":\"91\" -> latitude 91 is not from -90 to 90",
                "\"latitude\":\"NaN\" -> latitude NaN is not from -90 to 90",
                "\"latitude\":\"Infinity\" -> latitude Infinity is not from -90 to 90",
                "\"latitude\":\"-Infinity\" -> latitude -Infinity is not from -90 to 90",
                "\"latitude\":1e30 -> latitude 1000000",
                "\"latitude\":1e400 -> latitude 1000000",
                "\"latitude\":\"1e131072\" -> value overflows numeric format",
                "\"latitude\":\"48,208\" -> \"48,208\"",
                "\"latitude\":\"\" -> invalid input syntax for type numeric",
                "\"latitude\":\"48° 12' N\" -> \"48° 12' N\"",
                "\"latitude\":true -> \"true\"",
                "\"latitude\":{} -> \"{}\"",
                "\"latitude\":[48.2] -> \"[48.2]\"",
                "\"longitude\":1624.1234 -> longitude 1624.1234 is not from -180 to 180",
                "\"longitude\":-180.5 -> longitude -180.5 is not from -180 to 180",
                "\"longitude\":\"NaN\" -> longitude NaN is not from -180 to 180",
                "\"longitude\":\"16,373\" -> \"16,373\"",
                "\"latitude_gcj\":90.5 -> latitude_gcj 90.5 is not from -90 to 90",
                "\"latitude_gcj\":\"NaN\" -> latitude_gcj NaN is not from -90 to 90",
                "\"longitude_gcj\":-9999 -> longitude_gcj -9999 is not from -180 to 180",
                "\"longitude_gcj\":\"inf\" -> longitude_gcj Infinity is not from -180 to 180",
                "\"speed\":123456789.5 -> speed 123456789.5 is too large",
                "\"speed\":\"NaN\" -> speed NaN is too large",
                "\"speed\":-123456789.5 -> numeric field overflow",
                "\"speed\":\"61,5\" -> \"61,5\"",
                "\"speed\":\"\" -> invalid input syntax for type numeric",
                "\"altitude\":99999999999 -> altitude 99999999999 is too large",
                "\"altitude\":\"NaN\" -> altitude NaN is too large",
                "\"altitude\":\"\" -> invalid input syntax for type double precision",
                "\"altitude\":2147483647.5 -> altitude 2147483647.5 is too large",
                "\"direction\":-99999999999 -> direction -99999999999 is too large",
                "\"direction\":\"Infinity\" -> direction Infinity is too large",
                "\"direction\":\"NNE\" -> \"NNE\"",
                "\"status\":3.5 -> \"3.5\"",
                "\"status\":\"\" -> invalid input syntax for type bigint",
                "\"status\":\"on\" -> \"on\"",
                "\"status\":[1] -> \"[1]\"",
                "\"status\":9223372036854775808 -> 9223372036854775808",
                "\"alarm\":{\"sos\": true} -> {\"sos\": true}",
                "\"alarm\":\"NaN\" -> \"NaN\"",
                "\"terminal_id\":{\"imei\":\"860000000000001\"} -> terminal_id is neither text nor a number: {\"imei\":\"860000000000001\"}",
                "\"terminal_id\":[\"a\"] -> terminal_id is neither text nor a number: [\"a\"]",
                "\"terminal_id\":true -> terminal_id is neither text nor a number: true",
                "\"terminal_id\":\"\" -> terminal_id is empty",
                "\"terminal_id\":\"a\\u0000\" -> unsupported Unicode escape sequence",
                "\"terminal_id\":\"01234567890123456789012345678901234567890123456789012345678901234\" -> too long"
            })
    void aValueThatCanNotBeIsBadData(String field, String error) {
        boolean ours = error.matches("\\w+ .* is .*");
        assertThat(refused(() -> store("store-gps.sql", gps("\"ts\":1770602938," + field))))
                .contains(ours ? "ERROR: " + error : error)
                .hasSizeLessThan(300);
        assertThat(times()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '`',
            value = {
                "\"latitude\":90,\"longitude\":-180 -> 90.000000 -180.000000",
                "\"latitude\":\"48.2082\",\"longitude\":\" 16.3738 \" -> 48.208200 16.373800",
                "\"latitude\":-89.9999999,\"longitude\":179.99999951 -> -90.000000 180.000000"
            })
    void aPositionOnEarthIsStored(String fields, String position) throws SQLException {
        store("store-gps.sql", gps("\"ts\":1770602938," + fields));
        assertThat(rows("latitude || ' ' || longitude")).containsExactly(position);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '`',
            value = {
                "\"status\":3221224447,\"alarm\":4294967295 -> 3221224447 4294967295",
                "\"status\":\"3221224447\",\"alarm\":-1 -> 3221224447 -1",
                "\"status\":true,\"alarm\":false -> 1 0",
                "\"status\":null,\"alarm\":\"true\" -> null 1"
            })
    void statusAndAlarmAreStoredAsTheyAre(String fields, String stored) throws SQLException {
        store("store-gps.sql", gps("\"ts\":1770602938," + fields));
        assertThat(rows("coalesce(status::text, 'null') || ' ' || alarm")).containsExactly(stored);
        assertThat(postgres.query("select count(*) from gps_position_last where alarm is not null"))
                .isOne();
    }

    @Test
    void altitudeAndDirectionAreRoundedAndSpeedHasTwoDigits() throws SQLException {
        store("store-gps.sql", gps("\"ts\":1770602938,\"altitude\":-34.7,\"direction\":\"269.6\",\"speed\":61.256"));
        assertThat(rows("altitude || ' ' || direction || ' ' || speed")).containsExactly("-35 270 61.26");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"860000000000001\"", "860000000000001"})
    void aTerminalIsNamedByTextOrNumber(String id) throws SQLException {
        store("store-gps.sql", gps("\"ts\":1770602938,\"terminal_id\":" + id));
        assertThat(rows("terminal_id")).containsExactly("860000000000001");
    }

    @Test
    void whatIsMissingIsLeftToTheTable() {
        for (String field : List.of("terminal_id", "latitude", "longitude")) {
            assertThat(error(
                            () -> store("store-gps.sql", gps("\"ts\":1770602938,\"" + field + "\":null")),
                            "constraint"))
                    .contains("null value in column \"" + field + "\"");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '`',
            value = {
                "\"battery\":87 -> {\"battery\": 87}",
                "\"battery\":87,\"hdop\":0.8,\"io\":{\"1\":[true,null]} -> {\"io\": {\"1\": [true, null]}, \"hdop\": 0.8, \"battery\": 87}",
                "\"battery\":87,\"extra\":{\"fuel\":0.5} -> {\"fuel\": 0.5, \"battery\": 87}",
                "\"battery\":87,\"extra\":null -> {\"battery\": 87}",
                "\"extra\":{\"fuel\":0.5} -> {\"fuel\": 0.5}",
                "\"extra\":{} -> {}",
                "\"extra\":5 -> 5",
                // nothing of what was in extra is lost
                "\"fuel\":1,\"extra\":{\"fuel\":0.5} -> {\"fuel\": 0.5}",
                "\"battery\":87,\"extra\":5 -> {\"extra\": 5, \"battery\": 87}",
                "\"battery\":87,\"extra\":[1] -> {\"extra\": [1], \"battery\": 87}",
                "\"battery\":87,\"extra\":\"a\\u003ab\" -> {\"extra\": \"a:b\", \"battery\": 87}",
                "\"battery\":87,\"extra\":{\"fuel\":\"a\\u003ab:c\"} -> {\"fuel\": \"a:b:c\", \"battery\": 87}",
                "\"gps_time\":\"2026-02-09T02\\u003a08\\u003a58Z\",\"battery\":87 -> {\"battery\": 87}",
                "\"gps_time\":\"2026-02-09T02\\u003a08\\u003a58Z\",\"a\":\"2026-02-09T02:08:58Z\" -> {\"a\": \"2026-02-09T02:08:58Z\"}",
                "\"gps_time\":\"2026-02-09T02:08:58Z\",\"2026-02-09T02:08:58Z\":1 -> {\"2026-02-09T02:08:58Z\": 1}",
                "\"gps_time\" : \"2026-02-09T02:08:58Z\" , \"battery\" : 87 -> {\"battery\": 87}",
                "\"gps_time\":\"2026-02-09T02:08:58Z\",\"extra\":{\"fuel\":{\"level\":1}} -> {\"fuel\": {\"level\": 1}}",
                "\"alarm\":0,\"alarm\":1 -> none",
                "\"alarm\":0 -> none"
            })
    void fieldsWithoutAColumnGoToExtra(String fields, String extra) throws SQLException {
        store("store-gps.sql", gps("\"ts\":1770602938," + fields));
        assertThat(rows("coalesce(extra::text, 'none')")).containsExactly(extra);
        assertThat(postgres.rows("select coalesce(extra::text, 'none') as extra from gps_position_last"))
                .containsExactly(Map.of("extra", extra));
    }

    @Test
    void theTypeOfAnEventStaysWhereItHasAnEventTypeToo() throws SQLException {
        store("store-command.sql", "{\"event\":\"evt\",\"event_type\":\"door\",\"type\":\"sliding\",\"ts\":1}");
        assertThat(postgres.rows("select event_type, extra::text from client_cmd_events"))
                .containsExactly(Map.of("event_type", "door", "extra", "{\"type\": \"sliding\"}"));
    }

    @Test
    void inABatchTheLatestPositionIsTheLastAndTheFirstOfTwoAlikeIsStored() throws SQLException {
        execute(
                "store-gps.sql",
                Stream.of(
                                gps("\"ts\":1770602938,\"latitude\":1"),
                                gps("\"ts\":\"2026-02-09T02:08:58Z\",\"latitude\":2"),
                                gps("\"gps_time\":1770602937000,\"latitude\":3"))
                        .collect(Collectors.joining(",", "[", "]")));
        assertThat(rows("latitude::int::text")).containsExactlyInAnyOrder("1", "3");
        assertThat(postgres.query("select latitude from gps_position_last")).isEqualTo(2);
    }

    // ----

    /** As gps_time and ts of a position, and as ts of an event. */
    private void storeAsAnyTime(String json) throws SQLException {
        store("store-gps.sql", gps("\"terminal_id\":\"a\",\"gps_time\":" + json + ",\"ts\":1"));
        store("store-gps.sql", gps("\"terminal_id\":\"b\",\"ts\":" + json));
        store("store-command.sql", "{\"event\":\"evt\",\"ts\":" + json + "}");
    }

    /** @param fields win over the same ones that are there already */
    private static String gps(String fields) {
        return "{\"event\":\"gps\",\"terminal_id\":\"t\",\"latitude\":48.2,\"longitude\":16.4," + fields + "}";
    }

    private void store(String file, String payload) throws SQLException {
        execute(
                file,
                file.equals("store-gps.sql")
                        ? "[" + payload + "]"
                        : "[{\"ts\":\"2026-01-23T17:00:00.123Z\",\"topic\":\"devices/t/up\",\"client_id\":\"c\",\"payload\":"
                                + payload + "}]");
    }

    /** @param batch what the statement takes: payloads, or envelopes */
    private void execute(String file, String batch) throws SQLException {
        String sql = statement(file);
        settings.put("batch", batch);
        settings.put("payloads", batch);
        try (Connection connection = postgres.connect();
                Statement set = connection.createStatement();
                PreparedStatement statement =
                        connection.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"))) {
            set.execute(session);
            Matcher parameter = PARAMETER.matcher(sql);
            for (int i = 1; parameter.find(); i++) {
                statement.setString(i, settings.get(parameter.group(1)));
            }
            statement.executeQuery();
        }
    }

    private static String statement(String file) {
        try {
            return Files.readAllLines(SQL.resolve("gps_v1").resolve(file)).stream()
                    .filter(line -> !line.startsWith("--"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Attempt {
        void run() throws SQLException;
    }

    private static String refused(Attempt attempt) {
        return error(attempt, "bad-data");
    }

    private static String error(Attempt attempt, String reason) {
        try {
            attempt.run();
        } catch (SQLException e) {
            assertThat(SqlFailure.reason(e)).as(e.toString()).isEqualTo(reason);
            return SqlFailure.message(e);
        }
        throw new AssertionError("was stored");
    }

    /** Of all rows, in order. */
    private static List<Instant> times() {
        return postgres
                .rows("select (extract(epoch from t) * 1000000)::bigint as micros from (select gps_time as t from"
                        + " gps_position_histories union all select ts from client_cmd_events) r order by t")
                .stream()
                .map(row -> Instant.EPOCH.plus((Long) row.get("micros"), ChronoUnit.MICROS))
                .toList();
    }

    private static List<String> rows(String expression) {
        return postgres.rows("select " + expression + " as value from gps_position_histories").stream()
                .map(row -> (String) row.get("value"))
                .toList();
    }
}
