/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts wrong passwords and tokens by the address that they come from, so that nobody can try out many. An IPv6 address
 * counts with its neighbours, the /64 that one machine has to itself.
 */
final class WrongTries {
    /** So many in a minute, and the rest of the minute nothing is looked at. */
    static final int MOST = 10;

    private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int MOST_ADDRESSES = 10_000;

    private final LongSupplier nanoTime;
    private final Map<String, Window> windows = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Window> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    private record Window(long start, int tries) {}

    /** @param nanoTime such as {@link System#nanoTime()} */
    WrongTries(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Counts one, and returns how many there were within the minute. */
    synchronized int count(String address) {
        Window window = current(address);
        Window next =
                window == null ? new Window(nanoTime.getAsLong(), 1) : new Window(window.start(), window.tries() + 1);
        windows.put(network(address), next);
        return next.tries();
    }

    /** How many seconds nothing from this address is looked at; 0 when it may try. */
    synchronized long waitSeconds(String address) {
        Window window = current(address);
        if (window == null || window.tries() < MOST) {
            return 0;
        }
        return 1
                + Duration.ofNanos(window.start() + WINDOW_NANOS - nanoTime.getAsLong())
                        .toSeconds();
    }

    private Window current(String address) {
        Window window = windows.get(network(address));
        return window == null || nanoTime.getAsLong() - window.start() >= WINDOW_NANOS ? null : window;
    }

    private static String network(String address) {
        try {
            return address.contains(":") && InetAddress.getByName(address) instanceof Inet6Address ip
                    ? Arrays.toString(Arrays.copyOf(ip.getAddress(), 8))
                    : address;
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
