/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class StorableTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "gps", "\u0001\t\n", "Grüße/日本語/😀", "\uffff"})
    void keepsWhatAColumnCanHold(String text) {
        assertThat(StorableText.of(text)).isEqualTo(text);
    }

    @Test
    void replacesWhatItCannotHold() {
        assertThat(StorableText.of("a\u0000b")).isEqualTo("a\ufffdb");
        assertThat(StorableText.of("\ud83d!")).isEqualTo("?!");
        assertThat(StorableText.of("!\ude00 😀")).isEqualTo("!? 😀");
        assertThat(StorableText.of(null)).isNull();
    }
}
