/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.demo;

import java.time.Instant;

/**
 * A vehicle that drives round the middle of a city.
 *
 * @param phase where it was on its ring in 1970, in radians
 */
record Vehicle(String id, double radiusKm, double speedKmh, double phase) {
    private static final double CITY_LATITUDE = 52.52;
    private static final double CITY_LONGITUDE = 13.405;
    private static final double KM_PER_DEGREE = 111.32;
    private static final double KM_PER_DEGREE_EAST = KM_PER_DEGREE * Math.cos(Math.toRadians(CITY_LATITUDE));

    String position(Instant now) {
        double hours = now.toEpochMilli() / 3_600_000.0;
        // against the clock, from the east
        double angle = (phase + speedKmh * hours / radiusKm) % (2 * Math.PI);
        return Fleet.json(
                "{\"event\":\"gps\",\"terminal_id\":\"%s\",\"gps_time\":\"%s\",\"latitude\":%.6f,\"longitude\":%.6f,"
                        + "\"altitude\":34,\"speed\":%.1f,\"direction\":%d,\"status\":3,\"alarm\":0}",
                id,
                now,
                CITY_LATITUDE + radiusKm * Math.sin(angle) / KM_PER_DEGREE,
                CITY_LONGITUDE + radiusKm * Math.cos(angle) / KM_PER_DEGREE_EAST,
                speedKmh,
                (int) (360 - Math.toDegrees(angle)) % 360);
    }
}
