/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** The zone of the machine is not that of the database sessions: SQL means the same time everywhere. */
class SessionTimeZoneIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @ParameterizedTest
    // IST is a name that PostgreSQL does not know
    @ValueSource(strings = {"Asia/Shanghai", "America/New_York", "IST", "GMT+08:00"})
    void sessionsAreInUtcAndTheLogInTheZoneOfTheMachine(String zone) {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .jvmArgument("-Duser.timezone=" + zone)
                        .startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            SERVERS.postgres()
                    .execute("create table zones (zone text);"
                            + " create function note() returns trigger language plpgsql as 'begin"
                            + " insert into zones values (current_setting(''TimeZone'')); return null; end';"
                            + " create trigger note after insert on gps_position_histories for each statement"
                            + " execute function note();"
                            + " create trigger note after insert on dead_letters for each statement"
                            + " execute function note()");
            publisher.publish(
                    "t", "{\"event\":\"gps\",\"terminal_id\":\"t\",\"ts\":1770602938,\"latitude\":1,\"longitude\":2}");
            publisher.publish("t", "{\"event\":\"none\"}");
            Counts.afterAtLeast(2, msgstore);
            assertThat(SERVERS.postgres().rows("select zone, count(*) from zones group by zone"))
                    .containsExactly(Map.of("zone", "UTC", "count", 2L));
            assertThat(msgstore.output().lines().filter(line -> line.contains("INFO")))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(minutesFrom(LocalTime.parse(line.substring(0, 12)), zone))
                            .as(line)
                            .isLessThan(120));
        }
    }

    // of the same day or not
    private static long minutesFrom(LocalTime time, String zone) {
        ZoneId id = ZoneId.of(zone, ZoneId.SHORT_IDS);
        long minutes = Math.abs(Duration.between(time, LocalTime.now(id)).toMinutes());
        return Math.min(minutes, 24 * 60 - minutes);
    }
}
