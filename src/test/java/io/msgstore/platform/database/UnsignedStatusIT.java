/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** How status and alarm of tables that are there already become wide enough for an unsigned number of 32 bits. */
class UnsignedStatusIT {
    private static final Path MIGRATIONS = Path.of("sql/postgresql/migration");
    private static final String TABLES = "V1.0.0__gps_positions_and_command_events.sql";
    private static final String UNSIGNED = "V1.3.0__unsigned_status_and_alarm.sql";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void smallTablesAreChangedAndKeepTheirRows() throws IOException {
        SERVERS.postgres().execute(read(TABLES));
        insertInto("gps_position_histories");
        insertInto("gps_position_last");
        migrate(read(UNSIGNED));
        assertThat(types()).hasSize(4).containsOnly("bigint");
        assertThat(SERVERS.postgres().query("select status from gps_position_last"))
                .isEqualTo(7);
        migrate(read(UNSIGNED));
        assertThat(types()).hasSize(4).containsOnly("bigint");
    }

    @Test
    void aLargeTableIsLeftToItsOwner() throws IOException {
        SERVERS.postgres().execute(read(TABLES));
        insertInto("gps_position_histories");
        String limit = "100 * 1024 * 1024";
        assertThat(read(UNSIGNED)).contains(limit);
        migrate(read(UNSIGNED).replace(limit, "8192"));
        assertThat(types("gps_position_histories")).containsOnly("integer");
        assertThat(types("gps_position_last")).containsOnly("bigint");
    }

    @Test
    void thePartitionsOfATableCount() throws IOException {
        SERVERS.postgres()
                .execute("create table gps_position_histories (terminal_id varchar(64), gps_time timestamptz,"
                        + " latitude numeric, longitude numeric, status int, alarm int) partition by range (gps_time);"
                        + " create table later partition of gps_position_histories"
                        + " for values from ('2026-01-01') to ('2027-01-01')");
        insertInto("gps_position_histories");
        migrate(read(UNSIGNED).replace("100 * 1024 * 1024", "8191"));
        assertThat(types("gps_position_histories")).containsOnly("integer");
        migrate(read(UNSIGNED));
        assertThat(types("gps_position_histories")).hasSize(2).containsOnly("bigint");
    }

    @Test
    void otherTablesOfTheseNamesDoNotFailIt() throws IOException {
        migrate(read(UNSIGNED));
        SERVERS.postgres()
                .execute("create table gps_position_histories (terminal_id text, alarm numeric);"
                        + " create view gps_position_last as select 1 as status");
        migrate(read(UNSIGNED));
        assertThat(types("gps_position_histories")).containsExactly("numeric");
        assertThat(types("gps_position_last")).containsExactly("integer");
    }

    @Test
    void aTableThatAViewDependsOnStoresWhatFitsAndTheLogSaysWhatToRun() throws IOException {
        SERVERS.postgres().execute(read(TABLES));
        SERVERS.postgres().execute("create view alarms as select terminal_id from gps_position_last where alarm > 0");
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            String statement =
                    "alter table gps_position_last alter column status type bigint, alter column alarm type bigint;";
            assertThat(msgstore.output()).contains("used by a view", statement);
            publisher.publish("t", gps(1770602938, 7));
            publisher.publish("t", gps(1770602939, 3_221_224_447L));
            assertThat(Counts.afterAtLeast(2, msgstore).dead()).isOne();
            assertThat(SERVERS.postgres().rows("select reason, sqlstate from dead_letters"))
                    .containsExactly(Map.of("reason", "bad-data", "sqlstate", "22003"));

            SERVERS.postgres()
                    .execute("drop view alarms; " + statement
                            + " create view alarms as select terminal_id from gps_position_last where alarm > 0");
            publisher.publish("t", gps(1770602940, 3_221_224_447L));
            assertThat(Counts.afterAtLeast(3, msgstore).stored()).isEqualTo(2);
        }
        assertThat(SERVERS.postgres().query("select status from gps_position_last"))
                .isEqualTo(3_221_224_447L);
    }

    private static String gps(long ts, long status) {
        return "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":" + ts + ",\"latitude\":1,\"longitude\":2,\"status\":"
                + status + "}";
    }

    private static void insertInto(String table) {
        SERVERS.postgres()
                .execute("insert into " + table + " (terminal_id, gps_time, latitude, longitude, status, alarm)"
                        + " values ('t', '2026-02-09 02:08:58Z', 1, 2, 7, 0)");
    }

    private static void migrate(String sql) {
        SERVERS.postgres().execute(sql);
    }

    private static List<String> types() {
        return types("gps_position_histories', 'gps_position_last");
    }

    private static List<String> types(String tables) {
        return SERVERS
                .postgres()
                .rows(
                        "select data_type from information_schema.columns where column_name in ('status', 'alarm') and table_name"
                                + " in ('" + tables + "')")
                .stream()
                .map(row -> (String) row.get("data_type"))
                .toList();
    }

    private static String read(String migration) throws IOException {
        return Files.readString(MIGRATIONS.resolve(migration));
    }
}
