/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.Locale;
import java.util.regex.Pattern;

/** What this machine calls itself, and nobody else can reach. */
public final class Loopback {
    private static final Pattern NAME = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?(::1|0:0:0:0:0:0:0:1)]?");

    private Loopback() {}

    /**
     * Whether a host is the loopback by its name alone. No name service is asked: whoever answers for one decides what a
     * name stands for, and may change it.
     *
     * @param host a name or an address without a port, IPv6 with or without brackets
     */
    public static boolean isName(String host) {
        return NAME.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }
}
