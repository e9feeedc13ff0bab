/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.demo;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Twenty vehicles in a city that report in turn. Nearly all reports are positions; now and then one is an event, a command
 * or a connect, and rarely one is cut off, to show a dead letter.
 */
public final class Fleet {
    private static final int SIZE = 20;
    /** One report in so many is of that kind. They are primes, so that no vehicle gets all of one kind. */
    private static final int EVENT_EVERY = 29;

    private static final int COMMAND_EVERY = 97;
    private static final int CONNECT_EVERY = 211;
    private static final int CUT_OFF_EVERY = 1499;

    private static final String[] EVENTS = {"ignition-on", "ignition-off", "door-open", "geofence-left", "harsh-braking"
    };
    private static final String[] COMMANDS = {"locate", "set-interval", "restart"};

    private final Clock clock;
    private final Random random;
    private final Vehicle[] vehicles;
    private long reports;

    public Fleet() {
        this(Clock.systemUTC(), new Random());
    }

    Fleet(Clock clock, Random random) {
        this.clock = clock;
        this.random = random;
        this.vehicles = IntStream.rangeClosed(1, SIZE)
                .mapToObj(number -> new Vehicle(
                        String.format(Locale.ROOT, "0139000001%02d", number),
                        1 + 11 * random.nextDouble(),
                        10 + 70 * random.nextDouble(),
                        2 * Math.PI * random.nextDouble()))
                .toArray(Vehicle[]::new);
    }

    /** The next report, of the next vehicle in turn. */
    public synchronized Report next() {
        Vehicle vehicle = vehicles[(int) (reports % SIZE)];
        reports++;
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return new Report("devices/" + vehicle.id() + "/up", payload(vehicle, now));
    }

    private String payload(Vehicle vehicle, Instant now) {
        if (reports % CUT_OFF_EVERY == 0) {
            return vehicle.position(now).substring(0, 60);
        }
        if (reports % CONNECT_EVERY == 0) {
            return json("{\"event\":\"connect\",\"terminal_id\":\"%s\",\"ts\":%d}", vehicle.id(), now.toEpochMilli());
        }
        if (reports % COMMAND_EVERY == 0) {
            return happening("cmd", COMMANDS[random.nextInt(COMMANDS.length)], vehicle, now);
        }
        if (reports % EVENT_EVERY == 0) {
            return happening("evt", EVENTS[random.nextInt(EVENTS.length)], vehicle, now);
        }
        return vehicle.position(now);
    }

    private static String happening(String event, String type, Vehicle vehicle, Instant now) {
        return json(
                "{\"event\":\"%s\",\"event_type\":\"%s\",\"terminal_id\":\"%s\",\"ts\":%d,\"reason_code\":0}",
                event, type, vehicle.id(), now.toEpochMilli());
    }

    static String json(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** One message: the MQTT topic that it goes to, and its JSON. */
    public record Report(String topic, String payload) {}
}
