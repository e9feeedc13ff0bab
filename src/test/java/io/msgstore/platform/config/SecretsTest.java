/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class SecretsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://u:s3cret@h/db",
                "can't connect to postgres://u:s3cret@h/db: refused",
                "postgres://:s3cret@h",
                "redis://u:a/s3cret@h",
                "redis://u:a?s3cret@b@h",
                "redis://u:a s3cret@h",
                "tcp://u:p@h1,tcp://u:s3cret@h2",
                "password=s3cret",
                "jdbc:postgresql://h/db?user=u&password=s3cret&x=y",
                "jdbc:postgresql://h/db?password=a s3cret&x=y",
                "url ?sslpassword=s3cret",
                "camel.x.trustStorePassword = s3cret",
                "PASSWORD='a s3cret' host=h",
                "api_token=s3cret",
            })
    void passwordsAreMasked(String text) {
        assertThat(Secrets.mask(text)).contains("***").doesNotContain("s3cret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "see postgres://u:p@h/db?x=y now -> see postgres://u:***@h/db?x=y now",
                "x ?user=u&password=p&x=y -> x ?user=u&password=***&x=y",
            })
    void theRestStays(String text, String masked) {
        assertThat(Secrets.mask(text)).isEqualTo(masked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://h:1883,tcp://h2:1883", "FATAL: password authentication failed for user \"u\"", ""})
    void textWithoutSecretsStaysAsItIs(String text) {
        assertThat(Secrets.mask(text)).isEqualTo(text);
    }

    @Test
    void nullStaysNull() {
        assertThat(Secrets.mask(null)).isNull();
    }
}
