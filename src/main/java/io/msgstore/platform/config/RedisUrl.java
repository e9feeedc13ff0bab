/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where Redis is.
 *
 * @param kind a single server, servers found through Sentinels, or a cluster
 * @param tls whether connections are encrypted
 * @param hosts the server, the Sentinels, or some nodes of the cluster
 * @param master the name that the Sentinels know the server by; null for the other kinds
 * @param database its number
 */
public record RedisUrl(Kind kind, boolean tls, List<Host> hosts, String master, int database) {
    private static final Pattern URL =
            Pattern.compile("(rediss?)(-sentinel|-cluster)?://([^/?#@\\s]+)(?:/([^/?#\\s]*))?(?:/(\\d{1,5}))?");
    private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[^\\[\\]:,]+)(?::(\\d{1,5}))?");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,5}");
    private static final int PORT = 6379;
    private static final int SENTINEL_PORT = 26379;

    /** How servers are found. */
    public enum Kind {
        SERVER,
        SENTINEL,
        CLUSTER
    }

    /** A host and a port. */
    public record Host(String name, int port) {}

    /**
     * Reads {@code redis://host:6379/0}, {@code redis-sentinel://host:26379,host2:26379/master/0} or
     * {@code redis-cluster://host:6379,host2:6379}; with {@code rediss} in place of {@code redis}, over TLS.
     *
     * @throws IllegalArgumentException with what is wrong
     */
    public static RedisUrl parse(String url) {
        if (url.contains("@")) {
            throw new IllegalArgumentException(
                    "user and password have keys of their own: msgstore.redis.username, .password");
        }
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + url + "\" is not");
        }
        Kind kind = matcher.group(2) == null
                ? Kind.SERVER
                : matcher.group(2).equals("-sentinel") ? Kind.SENTINEL : Kind.CLUSTER;
        List<Host> hosts = hosts(matcher.group(3), kind == Kind.SENTINEL ? SENTINEL_PORT : PORT);
        if (kind == Kind.SERVER && hosts.size() > 1) {
            throw new IllegalArgumentException("several hosts only with redis-sentinel:// and redis-cluster://");
        }
        String first = matcher.group(4) == null ? "" : matcher.group(4);
        String second = matcher.group(5) == null ? "" : matcher.group(5);
        String master = null;
        if (kind == Kind.SENTINEL) {
            if (first.isEmpty()) {
                throw new IllegalArgumentException("redis-sentinel:// needs the master's name: …/mymaster");
            }
            master = first;
            first = second;
            second = "";
        }
        if (!second.isEmpty() || !first.isEmpty() && !NUMBER.matcher(first).matches()) {
            throw new IllegalArgumentException("behind the hosts only the number of a database");
        }
        if (kind == Kind.CLUSTER && !first.isEmpty() && !first.equals("0")) {
            throw new IllegalArgumentException("a cluster has no database but 0");
        }
        return new RedisUrl(
                kind, matcher.group(1).equals("rediss"), hosts, master, first.isEmpty() ? 0 : Integer.parseInt(first));
    }

    private static List<Host> hosts(String text, int port) {
        List<Host> hosts = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            Matcher matcher = HOST.matcher(one.trim());
            if (!matcher.matches()) {
                throw new IllegalArgumentException("\"" + one + "\" is no host:port");
            }
            int number = matcher.group(2) == null ? port : Integer.parseInt(matcher.group(2));
            if (number < 1 || number > 65535) {
                throw new IllegalArgumentException("the port of \"" + one + "\" is not from 1 to 65535");
            }
            hosts.add(new Host(matcher.group(1).replaceAll("[\\[\\]]", ""), number));
        }
        return hosts;
    }
}
