/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TimestampsTest {
    @ParameterizedTest
    @ValueSource(
            longs = {0, 999, 1000, 1_769_187_600_123L, 1_769_187_600_124L, 253_402_300_799_999L, 1_769_187_600_000L})
    void readsWhatItWrites(long millis) {
        String second = new String(Timestamps.second(millis), StandardCharsets.US_ASCII);
        assertThat(Instant.parse(second + "000Z").toEpochMilli()).isEqualTo(millis / 1000 * 1000);
        String timestamp = second + "%03dZ".formatted(millis % 1000);
        assertThat(Timestamps.millis(timestamp)).isEqualTo(millis);
        assertThat(Timestamps.millis(timestamp)).as("again").isEqualTo(millis);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-01-23T17:00:00.123Z, 1769187600123",
        "2026-01-23T17:00:00Z, 1769187600000",
        "2026-01-23T17:00:00.123456Z, 1769187600123",
        "2026-01-23T18:00:00.123+01:00, 1769187600123",
        "2026-01-23T17:00:00.9Z, 1769187600900"
    })
    void readsOtherTimestamps(String timestamp, long millis) {
        assertThat(Timestamps.millis(timestamp)).isEqualTo(millis);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "2026-01-23T17:00:00.1x3Z",
                "2026-01-23T17:00:00.123",
                "1969-12-31T23:59:59.999Z",
                "0000-01-01T00:00:00Z",
                "+12345-01-01T00:00:00Z",
                "+1000000000-12-31T23:59:59Z"
            })
    void refusesWhatIsNoTimeOfAMessage(String timestamp) {
        // the same second is read in little time
        assertThat(Timestamps.millis("2026-01-23T17:00:00.123Z")).isEqualTo(1_769_187_600_123L);
        assertThatThrownBy(() -> Timestamps.millis(timestamp)).isInstanceOf(DateTimeException.class);
    }
}
