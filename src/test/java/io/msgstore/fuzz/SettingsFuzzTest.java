/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.Driver;

import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Dsn;
import io.msgstore.platform.config.Settings;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThat;

/** Values of every setting, configuration files, and database addresses with secrets in them: 32,000 cases, 14 s on busy cores. */
class SettingsFuzzTest {
    // the parts of a secret, with anything between them
    private static final String HEAD = "Qx7Zk9";
    private static final String TAIL = "Wv4Jm2";

    @TempDir
    private Path folder;

    private static List<String> keys;

    @BeforeAll
    static void readKeys() throws BadConfiguration {
        keys = StoreModule.settings(null, Path.of(""), new Properties(), Map.of())
                .keys();
    }

    @Test
    void everyValueIsAcceptedOrRefusedByName() throws BadConfiguration {
        long lines = StoreModule.settings(null, folder, new Properties(), Map.of())
                .toString()
                .lines()
                .count();
        Fuzz.run("settings", 10_000, SettingsFuzzTest::setting, one -> {
            String[] parts = one.input().split("=", 2);
            Properties properties = new Properties();
            properties.setProperty(parts[0], parts[1]);
            try {
                Settings settings = StoreModule.settings(null, folder, properties, Map.of());
                assertThat(settings.toString() + settings.warnings()).doesNotContain(HEAD, TAIL);
                assertThat(settings.toString().lines()).hasSize((int) lines);
                for (String key : List.of("topics", "client-id", "username", "share-group")) {
                    // throws when the MQTT client can't send it
                    MqttDataTypes.encodeUTF8(
                            new DataOutputStream(new ByteArrayOutputStream()), settings.text("msgstore.mqtt." + key));
                }
            } catch (BadConfiguration e) {
                assertThat(e.mistakes()).allSatisfy(mistake -> {
                    assertThat(mistake)
                            .startsWith("msgstore.")
                            .contains(parts[0], "must be")
                            .doesNotContain(HEAD, TAIL);
                    assertThat(mistake.lines()).hasSize(1);
                });
            }
        });
    }

    @Test
    void everyFileIsReadOrRefused() throws Exception {
        Path file = folder.resolve("some.properties");
        Fuzz.run("files", 2_000, SettingsFuzzTest::file, one -> {
            Files.write(file, one.bytes());
            try {
                StoreModule.settings(file, folder, new Properties(), Map.of());
            } catch (BadConfiguration e) {
                assertThat(e.mistakes()).isNotEmpty().allSatisfy(mistake -> assertThat(mistake)
                        .isNotBlank());
            }
        });
    }

    @Test
    void aDatabaseAddressNeverShowsItsPassword() {
        Fuzz.run("dsns", 20_000, SettingsFuzzTest::dsn, one -> {
            try {
                Dsn dsn = Dsn.parse(one.input(), null, null);
                assertThat(dsn.toString()).doesNotContain(HEAD, TAIL);
                assertThat(Driver.parseURL(dsn.jdbcUrl(), null)).isNotNull();
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).isNotBlank().doesNotContain(HEAD, TAIL);
            }
        });
    }

    private static String setting(Dice dice) {
        String key = dice.of(keys.toArray(String[]::new));
        boolean address = key.endsWith("dsn") || key.endsWith("url");
        return key + "="
                + (key.endsWith("password") ? secret(dice) : address && dice.oneIn(2) ? dsn(dice) : value(dice));
    }

    private static String value(Dice dice) {
        return dice.oneOf(
                () -> dice.text(dice.oneIn(100) ? 2000 : 20),
                () -> Integer.toString(dice.between(-1, 70_000)),
                () -> dice.of(
                        "",
                        " ",
                        "true",
                        "false",
                        "TRUE",
                        "embedded",
                        "never",
                        "queue-size",
                        "00",
                        "1e3",
                        "٣",
                        "+1",
                        "99999999999",
                        "9999999999d",
                        "0s",
                        "49710d",
                        "49711d",
                        "1 s",
                        "memory",
                        "hold",
                        "drop"),
                () -> dice.of(
                        "tcp://h:1",
                        "ssl://[::1]:8883",
                        "ws://h/p",
                        "tcp://h:99999",
                        "tcp://u:p@h:1",
                        "tcp://h:1,ssl://h:2",
                        "tcp://",
                        "mqtt://h",
                        ",",
                        "a,,b",
                        "/",
                        "//",
                        "\u0000",
                        "..",
                        "~",
                        "C:\\x",
                        "file:/x",
                        "a/../../b",
                        "/dev/null"),
                () -> TopicFuzzTest.filter(dice) + (dice.oneIn(3) ? "," + TopicFuzzTest.filter(dice) : ""),
                () -> dice.mutated(dice.of("a/#", "7d", "tcp://host:1883", "msgstore-<host>", "data")));
    }

    private static String file(Dice dice) {
        StringBuilder lines = new StringBuilder(dice.oneIn(20) ? "\u00ef\u00bb\u00bf" : "");
        for (int i = dice.below(5); i > 0; i--) {
            lines.append(Dice.utf8(setting(dice))).append(dice.of("\n", "\r\n", "\r", "\\\n"));
        }
        return dice.oneIn(3) ? dice.mutated(lines.toString()) : lines.toString();
    }

    private static String secret(Dice dice) {
        return HEAD
                + dice.of(
                        "",
                        "@",
                        "/",
                        "?",
                        ":",
                        "#",
                        "%",
                        "&",
                        "%40",
                        "%zz",
                        "=",
                        " ",
                        "'",
                        "\"",
                        "\\",
                        ";",
                        ",",
                        "@h/",
                        "é",
                        dice.text(5).replace("?", ""))
                + TAIL;
    }

    private static String dsn(Dice dice) {
        String host =
                dice.of("h", "", "h:5432", "h1,h2:1", "[::1]:5432", "h:", "h:0", "h:99999", "h:x", "%2Ftmp", "h i");
        String database = dice.of(
                "",
                "/",
                "/db",
                "/d%20b",
                "/d b",
                "/db?sslmode=require",
                "/db?a=b&c",
                "?user=x",
                "/db?connect_timeout=5",
                "/db?host=x",
                "/db?%zz=1",
                "/db?target_session_attrs=any",
                "/a/b?c=d?e");
        return dice.oneOf(
                () -> dice.of("postgres", "postgresql", "POSTGRES") + "://u:" + secret(dice) + "@" + host + database,
                () -> "jdbc:postgresql://u:" + secret(dice) + "@" + host + database,
                () -> dice.of("jdbc:postgresql://", "postgres://")
                        + host
                        + database
                        + (database.contains("?") ? "&" : "?")
                        + dice.of("password=", "sslpassword=")
                        + HEAD
                        + dice.of("", "%40", "%26", "+")
                        + TAIL,
                () -> dice.of("mysql://", "jdbc:mysql://", "postgres:", "jdbc:postgresql:", "postgress://", "http://")
                        + "u:" + HEAD + TAIL + "@" + host + database,
                () -> dice.mutated("postgres://user@host:5432/database?sslmode=require"),
                () -> dice.text(30));
    }
}
