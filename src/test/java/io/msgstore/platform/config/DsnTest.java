/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.Optional;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class DsnTest {
    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "postgres://h:5433/db -> jdbc:postgresql://h:5433/db",
                "postgresql://h/db -> jdbc:postgresql://h/db",
                "POSTGRES://h/db -> jdbc:postgresql://h/db",
                "postgres://h -> jdbc:postgresql://h/",
                "postgres:///db -> jdbc:postgresql://localhost/db",
                "postgres://u:p@h/db -> jdbc:postgresql://h/db",
                "postgres://[::1]:5433/db -> jdbc:postgresql://[::1]:5433/db",
                "postgres://u:p@[2001:db8::1]/db -> jdbc:postgresql://[2001:db8::1]/db",
                "postgres://u:p@h1:1,h2:2,h3/db -> jdbc:postgresql://h1:1,h2:2,h3/db",
                "postgres://h/my%20db -> jdbc:postgresql://h/my+db",
                "postgres://h/db?sslmode=verify-full&ssl=true -> jdbc:postgresql://h/db?sslmode=verify-full&ssl=true",
                "postgres://h/db?application_name=a+b%20c -> jdbc:postgresql://h/db?ApplicationName=a%2Bb+c",
                "postgres://h/db?connect_timeout=5 -> jdbc:postgresql://h/db?connectTimeout=5",
                "postgres://h/db?target_session_attrs=read-write -> jdbc:postgresql://h/db?targetServerType=primary",
                "postgres://h/db?sslMode=verify-full -> jdbc:postgresql://h/db?sslmode=verify-full",
                "postgres://my_db_1:5433/db -> jdbc:postgresql://my_db_1:5433/db",
                "jdbc:postgresql://my_db.example:5433/db -> jdbc:postgresql://my_db.example:5433/db",
                "postgres://h/db?user=u&password=p -> jdbc:postgresql://h/db",
                "jdbc:postgresql://h:5433/db -> jdbc:postgresql://h:5433/db",
                "jdbc:postgresql:db -> jdbc:postgresql:db",
                "jdbc:postgresql://h1,h2:2/db?ssl=true -> jdbc:postgresql://h1,h2:2/db?ssl=true",
                "jdbc:postgresql://h/db?user=u&password=p&ssl=true -> jdbc:postgresql://h/db?ssl=true",
                "jdbc:postgresql://u:p@h/db -> jdbc:postgresql://h/db",
            })
    void everyFormBecomesAUrlThatTheDriverReads(String text, String jdbcUrl) {
        assertThat(Dsn.parse(text, null, null).jdbcUrl()).isEqualTo(jdbcUrl);
        assertThat(Driver.parseURL(jdbcUrl, new Properties())).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://me%40corp:p%2F%3A%40%3F%25%20+@h/db",
                "postgres://h/db?user=me%40corp&password=p%2F%3A%40%3F%25%20+",
                "jdbc:postgresql://h/db?user=me@corp&password=p/:@?%25+%2B",
                "postgres://me%40corp:other@h/db?password=p%2F%3A%40%3F%25%20%2B",
            })
    void userAndPasswordAreDecodedAndTakenOutOfTheUrl(String text) {
        Dsn dsn = Dsn.parse(text, null, null);
        assertThat(dsn.username()).contains("me@corp");
        assertThat(dsn.password()).contains("p/:@?% +");
        assertThat(dsn.jdbcUrl()).isEqualTo("jdbc:postgresql://h/db");
    }

    @Test
    void passwordMayHoldAColonAndAnAtSignAsTheyAre() {
        assertThat(Dsn.parse("postgres://u:a:b@c@h/db", null, null).password()).contains("a:b@c");
    }

    @Test
    void separateUserAndPasswordWinOverThoseInTheUrl() {
        Dsn dsn = Dsn.parse("postgres://u:p@h/db", "other", "word");
        assertThat(dsn.username()).contains("other");
        assertThat(dsn.password()).contains("word");
        assertThat(Dsn.parse("postgres://u:p@h/db", " ", "")).isEqualTo(Dsn.parse("postgres://u:p@h/db", null, null));
    }

    @Test
    void missingUserAndPasswordStayMissing() {
        Dsn dsn = Dsn.parse("postgres://h/db", null, null);
        assertThat(dsn.username()).isEqualTo(Optional.empty());
        assertThat(dsn.password()).isEqualTo(Optional.empty());
        assertThat(Dsn.parse("postgres://u@h/db", null, null).password()).isEmpty();
    }

    @Test
    void sslModeIsLeftToTheDriverUnlessItIsGiven() {
        assertThat(Dsn.parse("postgres://db.example.org/db", null, null).jdbcUrl())
                .doesNotContain("ssl");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://u:s3cret@h/db",
                "postgres://h/db?user=u&password=s3cret",
                "jdbc:postgresql://h/db?user=u&password=s3cret",
                "jdbc:postgresql://h/db?user=u&sslpassword=s3cret",
            })
    void textForPeopleHasTheUserAndNoPassword(String text) {
        assertThat(Dsn.parse(text, null, null))
                .asString()
                .startsWith("jdbc:postgresql://h/db")
                .endsWith(" as u")
                .doesNotContain("s3cret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "mysql://u:s3cret@h/db -> only PostgreSQL is supported now",
                "jdbc:mariadb://h/db -> only PostgreSQL is supported now",
                "jdbc:sqlite:file.db -> only PostgreSQL is supported now",
                "localhost -> begins with none of these",
                "postgres:h/db -> begins with none of these",
                "postgres://h:70000/db -> a port is not between 1 and 65535",
                "postgres://h:0/db -> a port is not between 1 and 65535",
                "postgres://u:a/s3cret@h/db -> write / as %2F",
                "postgres://u:1/s3cret@h/db -> write / as %2F",
                "postgres://u:1?s3cret@h/db -> ? as %3F",
                "postgres://u:100%s3cret@h/db -> write it \"%25\"",
                "postgres://%2Fvar%2Frun/db -> can't use Unix sockets",
                "postgres://h/db?host=other -> \"host\" belongs before the \"?\"",
                "jdbc:postgresql://h/db?PGHOST=other -> \"PGHOST\" belongs before the \"?\"",
                "jdbc:postgresql://h/db?sslMode=verify-full -> \"sslMode\" is no parameter of PostgreSQL's driver, which would"
                        + " ignore it; write sslmode",
                "jdbc:postgresql://h/db?SSL=true -> write ssl",
                "jdbc:postgresql://h/db?application_name=x -> write ApplicationName",
                "jdbc:postgresql://h/db?sslrotcert=x -> write sslrootcert",
                "postgres://h/db?sslmod=require -> write sslmode",
                "postgres://h/db?tenant=x -> \"tenant\" is no parameter of PostgreSQL's driver",
                "jdbc:postgresql://h/db?sslmode=verifyfull -> sslmode is one of disable, allow, prefer, require, verify-ca,",
                "postgres://h/db?sslmode= -> sslmode is one of",
                "jdbc:postgresql://h/db?user=u&password=a&s3cret -> a name behind the \"?\" is no parameter",
                "jdbc:postgresql://u:a?s3cret@h/db -> ? as %3F",
            })
    void whatCannotBeReadIsExplainedWithoutThePassword(String text, String message) {
        assertThatThrownBy(() -> Dsn.parse(text, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("s3cret")
                .hasNoCause();
    }
}
