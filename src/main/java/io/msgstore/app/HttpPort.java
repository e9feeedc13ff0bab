/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.embedded.EmbeddedException;
import io.msgstore.platform.embedded.Ports;

/**
 * Where HTTP is served. The port is looked at before anything is started. Who takes it between that and the server's start is found
 * out by {@link io.msgstore.platform.http.GuardedServers#problem}.
 */
final class HttpPort {
    private final Settings settings;
    private final Command command;
    private final String host;
    private int port;

    HttpPort(Plan plan) {
        settings = plan.settings();
        command = plan.command();
        host = settings.text("msgstore.http.host");
        port = settings.number("msgstore.http.port");
    }

    /** @throws UserError when the service can't listen there; the demo takes the next free port */
    void check() {
        String problem = command == Command.RUN ? problem(settings) : null;
        if (problem != null) {
            throw new UserError(problem);
        }
    }

    /** Settles on a free port where the settings leave it open. */
    void choose() {
        if (command == Command.DEMO || port == 0) {
            port = Ports.free(host, port);
        }
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    String url() {
        return "http://" + host + ":" + port;
    }

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
    String problem(String heard) {
        String problem = problem(host, port);
        return problem == null ? sentence(host, port, heard) : problem;
    }

    private static String sentence(String host, int port, String problem) {
        return "msgstore.http.port=" + port + ": " + problem + " (" + host
                + "); set another port, or 0 for any free one";
    }
}
