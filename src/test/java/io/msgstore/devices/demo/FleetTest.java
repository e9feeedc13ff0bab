/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.demo;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FleetTest {
    private static final int REPORTS = 15_000;

    private final ObjectMapper json = new ObjectMapper();
    private final Fleet fleet = new Fleet(new TickingClock(), new Random(1));

    @Test
    void reportsMostlyPositionsAndSometimesSomethingElse() {
        Map<String, Integer> kinds = new HashMap<>();
        Set<String> topics = new HashSet<>();
        for (int i = 0; i < REPORTS; i++) {
            Fleet.Report report = fleet.next();
            topics.add(report.topic());
            kinds.merge(kind(report.payload()), 1, Integer::sum);
        }
        assertThat(topics).hasSize(20).allMatch(topic -> topic.matches("devices/\\d{12}/up"));
        assertThat(kinds).containsOnlyKeys("gps", "evt", "cmd", "connect", "malformed");
        assertThat(kinds.get("gps")).isGreaterThan(REPORTS * 9 / 10);
        assertThat(kinds.get("malformed")).isBetween(1, 20);
    }

    @Test
    void vehiclesMoveAndStayInTheCity() throws JsonProcessingException {
        Set<String> places = new HashSet<>();
        for (int i = 0; i < REPORTS; i++) {
            String payload = fleet.next().payload();
            if (kind(payload).equals("gps")) {
                JsonNode position = json.readTree(payload);
                assertThat(position.get("latitude").asDouble()).isBetween(52.3, 52.7);
                assertThat(position.get("longitude").asDouble()).isBetween(13.1, 13.7);
                assertThat(position.get("direction").asInt()).isBetween(0, 359);
                assertThat(position.get("speed").asDouble()).isBetween(5.0, 90.0);
                places.add(position.get("latitude") + " " + position.get("longitude"));
            }
        }
        assertThat(places).hasSizeGreaterThan(REPORTS / 2);
    }

    @Test
    void aVehicleNeverReportsTwoPositionsOfOneInstant() throws JsonProcessingException {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < REPORTS; i++) {
            String payload = fleet.next().payload();
            if (kind(payload).equals("gps")) {
                JsonNode position = json.readTree(payload);
                assertThat(keys.add(position.get("terminal_id").asText() + position.get("gps_time")))
                        .isTrue();
            }
        }
    }

    private String kind(String payload) {
        try {
            return json.readTree(payload).get("event").asText();
        } catch (JsonProcessingException e) {
            return "malformed";
        }
    }

    /** 50 reports a second. */
    private static final class TickingClock extends Clock {
        private Instant now = Instant.parse("2026-01-23T17:00:00Z");

        @Override
        public Instant instant() {
            now = now.plusMillis(20);
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
