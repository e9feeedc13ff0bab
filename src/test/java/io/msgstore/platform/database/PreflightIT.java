/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.nio.file.Path;
import java.util.List;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.ds.PGSimpleDataSource;

import io.msgstore.platform.database.Preflight.Finding;
import io.msgstore.support.Servers;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThat;

/** What the database lacks for the statements of the routes, as it says it itself. */
class PreflightIT {
    private static final Path SQL = Path.of("sql/postgresql").toAbsolutePath();
    private static final String GPS = "sql/postgresql/gps_v1/store-gps.sql: ";
    private static final String COMMAND = "sql/postgresql/gps_v1/store-command.sql: ";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    private DefaultCamelContext context;
    private Database database;

    @BeforeEach
    void connect() throws Exception {
        migrate();
        connect("postgres");
    }

    @AfterEach
    void close() throws Exception {
        context.close();
        database.close();
    }

    private void connect(String user) throws Exception {
        database = new Database(
                SERVERS.postgres().jdbcUrl().split("\\?")[0], user, null, 1, 5000, new SimpleMeterRegistry());
        context = new DefaultCamelContext();
        StatementComponent sql = new StatementComponent();
        sql.setDataSource(database.store());
        context.getRegistry().bind("sql", sql);
        context.getRegistry().bind("patient", database.patient());
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:gps").group("store").to("sql:file:" + SQL + "/gps_v1/store-gps.sql");
                from("direct:command").group("store").to("sql:file:" + SQL + "/gps_v1/store-command.sql");
                from("direct:letters")
                        .group("failure")
                        .to("sql:file:" + SQL + "/dead-letters/insert.sql?dataSource=#patient")
                        .to("sql:file:" + SQL + "/failure/isolate.sql");
                from("direct:delete").group("api").to("sql:file:" + SQL + "/dead-letters/delete.sql");
                from("direct:list").group("api").to("sql:file:" + SQL + "/dead-letters/list.sql");
                from("direct:page").group("failure").to("sql:file:" + SQL + "/dead-letters/replay-page.sql");
                from("direct:tried")
                        .group("store")
                        .doTry()
                        .to("sql:select no_such_function(:#body)")
                        .id("tried")
                        .doCatch(Exception.class)
                        .log("failed")
                        .end();
                // what can't be asked
                from("direct:procedure").group("store").to("sql:call something(:#id)");
                from("direct:unnamed").group("store").to("sql:select 1 where 1 = #");
                from("direct:two").group("store").to("sql:select 1; drop table gps_position_last");
            }
        });
    }

    private void connectAs(String user) throws Exception {
        close();
        connect(user);
    }

    private static void migrate() throws Exception {
        assertThat(schema().await()).isTrue();
    }

    private static Schema schema() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(SERVERS.postgres().jdbcUrl());
        return new Schema(source, StoreModule.migrations("file:" + SQL + "/migration"), true);
    }

    private List<Finding> findings(boolean migrationsDue) throws Exception {
        return new Preflight(database, context, Path.of("").toAbsolutePath()).ask(migrationsDue);
    }

    private List<String> needed(boolean migrationsDue) throws Exception {
        return findings(migrationsDue).stream()
                .filter(Finding::needed)
                .map(Finding::text)
                .toList();
    }

    @Test
    void nothingIsMissingAfterTheMigrations() throws Exception {
        assertThat(needed(false)).isEmpty();
        assertThat(findings(false)).singleElement().satisfies(finding -> assertThat(finding.text())
                .startsWith("tried: function no_such_function(")
                .contains("does not exist"));
    }

    @Test
    void rightsAreMissing() throws Exception {
        SERVERS.postgres().execute("""
                drop role if exists clerk;
                create role clerk login;
                grant usage on schema public to clerk;
                grant select, insert, update on dead_letters to clerk;
                grant select on gps_position_histories, gps_position_last to clerk;
                grant insert on client_cmd_events to clerk;
                revoke execute on function msgstore_isolate from public""");
        try {
            connectAs("clerk");
            String grant = "; grant the role clerk what the statement does there";
            assertThat(findings(false))
                    .contains(
                            new Finding(GPS + "permission denied for table gps_position_histories" + grant, true),
                            new Finding(COMMAND + "permission denied for table client_cmd_events" + grant, true),
                            new Finding(
                                    "sql/postgresql/failure/isolate.sql: permission denied for function msgstore_isolate"
                                            + grant,
                                    true),
                            new Finding(
                                    "sql/postgresql/dead-letters/delete.sql: permission denied for table dead_letters"
                                            + grant,
                                    false))
                    .hasSize(5);
            SERVERS.postgres().execute("revoke usage on schema public from clerk, public");
            assertThat(needed(false)).anyMatch(text -> text.startsWith(GPS));
        } finally {
            SERVERS.postgres().execute("grant usage on schema public to public; drop owned by clerk; drop role clerk");
        }
    }

    @Test
    void keysAreMissing() throws Exception {
        SERVERS.postgres()
                .execute("alter table gps_position_histories drop constraint"
                        + " gps_position_histories_terminal_id_gps_time_key");
        String noKey =
                GPS + "gps_position_histories has no unique key over (terminal_id, gps_time); create unique index on"
                        + " gps_position_histories (terminal_id, gps_time)";
        assertThat(needed(false)).containsExactly(noKey);
        // what migrations bring is left to them
        SERVERS.postgres().execute("drop table gps_position_last; drop function msgstore_isolate");
        assertThat(needed(true)).containsExactly(noKey);
        SERVERS.postgres().execute("create unique index on gps_position_histories (terminal_id, gps_time)");
        assertThat(needed(true)).isEmpty();
        assertThat(needed(false))
                .containsExactly(
                        GPS + "relation \"gps_position_last\" does not exist; looked for in the schemas public, and"
                                + " no migration is due that would bring it");
    }

    @Test
    void columnsAreMissingOrOfAnotherType() throws Exception {
        SERVERS.postgres().execute("""
                alter table gps_position_histories drop column alarm;
                alter table client_cmd_events alter reason_code type date using null""");
        assertThat(needed(false))
                .satisfiesExactly(
                        gps -> assertThat(gps)
                                .startsWith(
                                        GPS + "column \"alarm\" of relation \"gps_position_histories\" does not exist"),
                        command -> assertThat(command)
                                .startsWith(COMMAND
                                        + "column \"reason_code\" is of type date but expression is of type integer"));
    }

    @Test
    void columnsMustHaveWhatNobodyGivesThem() throws Exception {
        SERVERS.postgres().execute("""
                drop role if exists clerk;
                create role clerk login;
                grant usage on schema public to clerk;
                grant all on all tables in schema public to clerk;
                alter table gps_position_histories add tenant text not null, add kind text not null default 'car';
                alter table gps_position_last add number serial""");
        try {
            connectAs("clerk");
            assertThat(needed(false))
                    .containsExactly(
                            GPS + "column tenant of gps_position_histories must have a value, and gets none; give it a"
                                    + " default, or fill it",
                            GPS + "permission denied for sequence gps_position_last_number_seq; grant usage on sequence"
                                    + " gps_position_last_number_seq to clerk");
            // a trigger may fill it
            SERVERS.postgres().execute("""
                    grant usage on all sequences in schema public to clerk;
                    create function fill() returns trigger language plpgsql as 'begin new.tenant := 1; return new; end';
                    create trigger fill before insert on gps_position_histories for each row execute function fill()""");
            assertThat(needed(false)).isEmpty();
        } finally {
            SERVERS.postgres().execute("drop owned by clerk; drop role clerk");
        }
    }

    @Test
    void whatIsMendedIsNoProblemAnyMore() throws Exception {
        Preflight preflight = new Preflight(database, context, Path.of("").toAbsolutePath());
        SERVERS.postgres().execute("alter table gps_position_last rename to hidden");
        preflight.again();
        assertThat(preflight.problem()).as("not asked yet").isNull();
        preflight.start();
        assertThat(preflight.problem()).contains("relation \"gps_position_last\" does not exist");
        SERVERS.postgres().execute("alter table hidden rename to gps_position_last");
        preflight.again();
        assertThat(preflight.problem()).isNull();
        // then the statements themselves tell
        SERVERS.postgres().execute("alter table gps_position_last rename to hidden");
        preflight.again();
        assertThat(preflight.problem()).isNull();
    }

    @Test
    void aTableThatIsLockedIsAskedLater() throws Exception {
        Preflight preflight = new Preflight(database, context, Path.of("").toAbsolutePath());
        SERVERS.postgres().execute("alter table client_cmd_events drop column peer");
        try (var other = SERVERS.postgres().connect()) {
            other.setAutoCommit(false);
            other.createStatement().execute("lock table gps_position_last in access exclusive mode");
            preflight.start();
            assertThat(preflight.problem()).isNull();
        }
        preflight.again();
        assertThat(preflight.problem()).contains("column \"peer\" of relation \"client_cmd_events\" does not exist");
    }
}
