/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;

/** Finds TCP ports that nobody listens on. */
public final class Ports {
    private static final int TRIES = 100;
    private static final int LAST = 65_535;
    /** Below it are those that a user may not listen on, on many systems. */
    private static final int FIRST_FOR_ALL = 1024;

    private static final int ANSWER_MILLIS = 1_000;

    private Ports() {}

    /**
     * The preferred port, or the next higher one that is free (100 are tried). Another process may take it before the
     * caller does; then the caller's bind fails.
     *
     * @param host address that will be listened on
     * @param preferred first port to try; 0 for any free port
     * @throws EmbeddedException when none of them is free, or the host is not an address of this machine
     */
    public static int free(String host, int preferred) {
        InetAddress address = resolve(host);
        if (preferred == 0) {
            return any(address);
        }
        int last = Math.min(preferred + TRIES - 1, LAST);
        for (int port = preferred; port <= last; port++) {
            // The wildcard too: some systems let a port be bound on one address while another process has it on all.
            if (binds(address, port) && binds(null, port)) {
                return port;
            }
        }
        throw new EmbeddedException("no free port on " + host + " from " + preferred + " to " + last);
    }

    /**
     * What {@link #free} will do about a preferred port that can't be had; null when it can.
     *
     * @param key of the setting that names the port
     */
    public static String detour(String host, int preferred, String key) {
        String problem = problem(host, preferred);
        return problem == null
                ? null
                : key + "=" + preferred + ": " + problem + "; " + free(host, preferred) + " is taken instead";
    }

    /**
     * Why nobody can listen on a port now.
     *
     * @param port 0 for any free one
     * @return null when it is free
     * @throws EmbeddedException when the host is not an address of this machine
     */
    public static String problem(String host, int port) {
        InetAddress address = resolve(host);
        if (binds(address, port)) {
            return null;
        }
        // tells an address of another machine, and throws
        any(address);
        return port > 0 && port < FIRST_FOR_ALL && !isAnswered(address, port)
                ? "the operating system lets only some programs listen on a port below " + FIRST_FOR_ALL
                : "another program listens on it";
    }

    private static boolean isAnswered(InetAddress address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), ANSWER_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static InetAddress resolve(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new EmbeddedException("unknown host " + host, e);
        }
    }

    private static int any(InetAddress address) {
        try (ServerSocket socket = new ServerSocket(0, 1, address)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new EmbeddedException("can't listen on " + address.getHostAddress() + ": " + e.getMessage(), e);
        }
    }

    private static boolean binds(InetAddress address, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            // a port whose last connections are in TIME_WAIT is free: servers listen on it with this option too
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, port), 1);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
