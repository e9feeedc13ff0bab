/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.baseline;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.model.dataformat.JsonLibrary;

/** Camel's components as they come, one INSERT per message and table. */
public final class PlainCamel {
    private static final int WORKERS = 4;

    private PlainCamel() {}

    /** Arguments: address of the broker, JDBC address of the database. */
    public static void main(String[] arguments) throws Exception {
        Main main = new Main();
        main.bind("database", dataSource(arguments[1]));
        main.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                from("paho-mqtt5:#?qos=1&clientId=plain-camel&brokerUrl=" + arguments[0])
                        .to("seda:messages?blockWhenFull=true&size=10000&concurrentConsumers=" + WORKERS);
                from("seda:messages?size=10000&concurrentConsumers=" + WORKERS)
                        .unmarshal()
                        .json(JsonLibrary.Jackson)
                        .filter(simple("${body[event]} == 'gps'"))
                        .to(
                                "sql:insert into gps_position_histories (terminal_id, gps_time, latitude, longitude, altitude,"
                                        + " speed, direction, status, alarm) values (:#${body[terminal_id]},"
                                        + " to_timestamp(:#${body[ts]}), :#${body[latitude]}, :#${body[longitude]},"
                                        + " :#${body[altitude]}, :#${body[speed]}, :#${body[direction]}, :#${body[status]},"
                                        + " :#${body[alarm]}) on conflict do nothing?dataSource=#database")
                        .to("sql:insert into gps_position_last as last (terminal_id, gps_time, latitude, longitude,"
                                + " altitude, speed, direction, status, alarm) values (:#${body[terminal_id]},"
                                + " to_timestamp(:#${body[ts]}), :#${body[latitude]}, :#${body[longitude]},"
                                + " :#${body[altitude]}, :#${body[speed]}, :#${body[direction]}, :#${body[status]},"
                                + " :#${body[alarm]}) on conflict (terminal_id) do update set gps_time ="
                                + " excluded.gps_time, latitude = excluded.latitude, longitude = excluded.longitude"
                                + " where excluded.gps_time >= last.gps_time?dataSource=#database");
            }
        });
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void afterStart(BaseMainSupport started) {
                System.out.println("ready");
            }
        });
        main.run();
    }

    private static HikariDataSource dataSource(String jdbcUrl) {
        HikariDataSource dataSource = new HikariDataSource();
        dataSource.setJdbcUrl(jdbcUrl);
        dataSource.setMaximumPoolSize(WORKERS);
        return dataSource;
    }
}
