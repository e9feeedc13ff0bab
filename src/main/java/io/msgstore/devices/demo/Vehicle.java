/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.demo;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/** A vehicle that wanders about a city, and turns round before it gets too far from the middle. */
final class Vehicle {
    private static final double CITY_LATITUDE = 52.52;
    private static final double CITY_LONGITUDE = 13.405;
    private static final double CITY_RADIUS_KM = 12;
    private static final double KM_PER_DEGREE = 111.32;
    private static final double MIN_SPEED_KMH = 5;
    private static final double MAX_SPEED_KMH = 90;
    /** How much direction (degrees) and speed (km/h) may change from one report to the next. */
    private static final double MAX_TURN = 6;

    private static final double MAX_SPEED_CHANGE = 2;
    /** A vehicle's clock that jumped does not make it jump. */
    private static final double MAX_STEP_SECONDS = 5;

    private final String id;
    private double latitude;
    private double longitude;
    private double direction;
    private double speed;
    private Instant at;

    Vehicle(String id, Instant start, Random random) {
        this.id = id;
        this.at = start;
        this.latitude = CITY_LATITUDE + (random.nextDouble() - 0.5) * CITY_RADIUS_KM / KM_PER_DEGREE;
        this.longitude = CITY_LONGITUDE + (random.nextDouble() - 0.5) * CITY_RADIUS_KM / kmPerDegreeEast();
        this.direction = random.nextDouble() * 360;
        this.speed = MIN_SPEED_KMH + random.nextDouble() * (MAX_SPEED_KMH - MIN_SPEED_KMH);
    }

    String id() {
        return id;
    }

    void drive(Instant now, Random random) {
        double seconds =
                Math.min(MAX_STEP_SECONDS, Math.max(0, Duration.between(at, now).toMillis() / 1000.0));
        at = now;
        double turn = (random.nextDouble() * 2 - 1) * MAX_TURN;
        direction = (isFarOut() ? towardsTheMiddle() : direction + turn + 360) % 360;
        speed += (random.nextDouble() * 2 - 1) * MAX_SPEED_CHANGE;
        speed = Math.min(MAX_SPEED_KMH, Math.max(MIN_SPEED_KMH, speed));
        double km = speed * seconds / 3600;
        latitude += km * Math.cos(Math.toRadians(direction)) / KM_PER_DEGREE;
        longitude += km * Math.sin(Math.toRadians(direction)) / kmPerDegreeEast();
    }

    String position(Instant now) {
        return Fleet.json(
                "{\"event\":\"gps\",\"terminal_id\":\"%s\",\"gps_time\":\"%s\",\"latitude\":%.6f,\"longitude\":%.6f,"
                        + "\"altitude\":34,\"speed\":%.1f,\"direction\":%d,\"status\":3,\"alarm\":0}",
                id, now, latitude, longitude, speed, (int) direction);
    }

    private boolean isFarOut() {
        return Math.hypot(north(), east()) > CITY_RADIUS_KM;
    }

    private double towardsTheMiddle() {
        return (Math.toDegrees(Math.atan2(-east(), -north())) + 360) % 360;
    }

    private double north() {
        return (latitude - CITY_LATITUDE) * KM_PER_DEGREE;
    }

    private double east() {
        return (longitude - CITY_LONGITUDE) * kmPerDegreeEast();
    }

    private static double kmPerDegreeEast() {
        return KM_PER_DEGREE * Math.cos(Math.toRadians(CITY_LATITUDE));
    }
}
