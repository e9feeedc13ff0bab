/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** A user adds the event {@code temperature} by editing copies of routes and SQL, with the jar as it is. */
class NewEventTypeIT {
    private static final String MESSAGE =
            "{\"event\":\"temperature\",\"sensor\":\"s1\",\"ts\":1770602938,\"celsius\":21.5}";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void anEventThatIsNotKnownBecomesADeadLetter() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("sensors/s1", MESSAGE);
            Counts.afterAtLeast(1, msgstore);
            assertThat(msgstore.metric("msgstore_dead_total", "reason", "unknown-event"))
                    .isOne();
        }
        assertThat(SERVERS.postgres().rows("select reason, event, error from dead_letters"))
                .containsExactly(Map.of(
                        "reason", "unknown-event",
                        "event", "temperature",
                        "error", "no route stores the event \"temperature\""));
    }

    @Test
    void anEventThatIsNotKnownIsIgnoredWhereThatIsWanted() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.unknown-event", "ignore")
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("sensors/s1", MESSAGE);
            assertThat(Counts.afterAtLeast(1, msgstore)).isEqualTo(new Counts(1, 0, 0, 0, 1, 0, 0, 0, 0));
        }
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                .isZero();
    }

    @Test
    void aMigrationAStatementARouteAndABranchAddAnEvent() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Folders.copyOfProject("sql", SERVERS.folder());
        Path sql = SERVERS.folder().resolve("sql/postgresql");
        Path store = SERVERS.folder().resolve("routes/store/gps_v1");
        Files.writeString(sql.resolve("migration/V1000.0.0__temperatures.sql"), """
                create table temperatures (
                    sensor text,
                    measured_at timestamptz,
                    celsius numeric not null,
                    primary key (sensor, measured_at)
                );
                """);
        Files.writeString(sql.resolve("gps_v1/store-temperature.sql"), """
                with stored as (
                    insert into temperatures (sensor, measured_at, celsius)
                    select p.sensor, to_timestamp(p.ts), p.celsius
                    from json_array_elements(cast(:#batch as json)) as e (envelope),
                         json_to_record(e.envelope -> 'payload') as p (sensor text, ts numeric, celsius numeric)
                    on conflict do nothing
                    returning 1
                )
                select 'temperature' as event, count(*) as stored from stored
                """);
        Files.writeString(
                store.resolve("store-temperature.camel.yaml"),
                Files.readString(store.resolve("store-gps.camel.yaml"))
                        .replaceAll("(store-|batch:)gps", "$1temperature"));
        addBranch("temperature");

        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("sensors/s1", MESSAGE);
            Counts.afterAtLeast(1, msgstore);
            publisher.publish("sensors/s1", MESSAGE);
            publisher.publish(
                    "sensors/s1",
                    "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770602938,\"latitude\":1,\"longitude\":2}");
            assertThat(Counts.afterAtLeast(3, msgstore)).isEqualTo(new Counts(3, 2, 1, 0, 0, 0, 0, 0, 0));
            assertThat(msgstore.metric("msgstore_write_ok_total", "event", "temperature"))
                    .isOne();
            assertThat(msgstore.metric("msgstore_duplicate_total", "event", "temperature"))
                    .isOne();
        }
        assertThat(
                        SERVERS.postgres()
                                .rows(
                                        "select sensor, extract(epoch from measured_at)::bigint as ts, celsius::text from temperatures"))
                .containsExactly(Map.of("sensor", "s1", "ts", 1_770_602_938L, "celsius", "21.5"));
    }

    @Test
    void aMessageAtWhichAStepOfAnInnerRouteFailsIsSetAside() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Files.writeString(SERVERS.folder().resolve("routes/store/gps_v1/store-temperature.camel.yaml"), """
                - route:
                    id: store-temperature
                    group: store
                    routeConfigurationId: callers-failure
                    from:
                      id: store-temperature-from
                      uri: direct:store-temperature
                      steps:
                        - throwException:
                            id: store-temperature-fails
                            exceptionType: java.lang.IllegalStateException
                            message: no such sensor
                """);
        addBranch("temperature");
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("sensors/s1", MESSAGE);
            Counts.afterAtLeast(1, msgstore);
            assertThat(msgstore.metric("msgstore_dead_total", "reason", "internal"))
                    .isOne();
        }
        assertThat(SERVERS.postgres().rows("select reason, event, error from dead_letters"))
                .singleElement()
                .satisfies(letter -> assertThat(letter)
                        .containsEntry("reason", "internal")
                        .containsEntry("event", "temperature")
                        .extractingByKey("error")
                        .asString()
                        .contains("no such sensor"));
    }

    private static void addBranch(String event) throws IOException {
        Path dispatch = SERVERS.folder().resolve("routes/store/gps_v1/dispatch.camel.yaml");
        String branch = """
                              - id: dispatch-%1$s
                                expression:
                                  simple:
                                    expression: "${header.event} == '%1$s'"
                                steps:
                                  - to:
                                      id: dispatch-to-%1$s
                                      uri: direct:store-%1$s
                """.formatted(event);
        String before = "              - id: dispatch-command\n";
        String routes = Files.readString(dispatch);
        assertThat(routes).contains(before);
        Files.writeString(dispatch, routes.replace(before, branch + before));
    }
}
