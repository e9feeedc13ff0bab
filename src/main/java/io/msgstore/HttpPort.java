/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import io.msgstore.config.Settings;
import io.msgstore.embedded.EmbeddedException;
import io.msgstore.embedded.Ports;

/**
 * The port for HTTP, looked at before anything is started. Who takes it between that and the server's start is found out by
 * {@link io.msgstore.http.GuardedServers#problem}.
 */
final class HttpPort {
    private HttpPort() {}

    /** Why msgstore can't listen there, with the key and what to do; null when it can. */
    static String problem(Settings settings) {
        return problem(settings.text("msgstore.http.host"), settings.number("msgstore.http.port"));
    }

    private static String problem(String host, int port) {
        try {
            String problem = Ports.problem(host, port);
            return problem == null ? null : sentence(host, port, problem);
        } catch (EmbeddedException e) {
            return "msgstore.http.host=" + host + ": " + e.getMessage() + "; it must be an address of this machine";
        }
    }

    /** @param heard why the server could not listen there a moment ago */
    static String problem(String host, int port, String heard) {
        String problem = problem(host, port);
        return problem == null ? sentence(host, port, heard) : problem;
    }

    private static String sentence(String host, int port, String problem) {
        return "msgstore.http.port=" + port + ": " + problem + " (" + host
                + "); set another port, or 0 for any free one";
    }
}
