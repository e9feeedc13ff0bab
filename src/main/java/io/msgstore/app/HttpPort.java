/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import io.msgstore.platform.config.UserError;
import io.msgstore.platform.embedded.EmbeddedException;
import io.msgstore.platform.embedded.Ports;

/**
 * Where HTTP is served. The port is looked at before anything is started. Who takes it between that and the server's start is found
 * out by {@link io.msgstore.platform.http.GuardedServers#problem}.
 */
final class HttpPort {
    private final Command command;
    private final String host;
    private int port;

    HttpPort(Plan plan) {
        command = plan.command();
        host = plan.settings().text("msgstore.http.host");
        port = plan.settings().number("msgstore.http.port");
    }

    /** @throws UserError when the service can't listen there; the demo takes the next free port */
    void check() {
        String problem = command == Command.RUN ? problem() : null;
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
    String problem() {
        try {
            String problem = Ports.problem(host, port);
            return problem == null ? null : sentence(problem);
        } catch (EmbeddedException e) {
            return "msgstore.http.host=" + host + ": " + e.getMessage() + "; it must be an address of this machine";
        }
    }

    /** @param heard why the server could not listen there a moment ago */
    String problem(String heard) {
        String problem = problem();
        return problem == null ? sentence(heard) : problem;
    }

    private String sentence(String problem) {
        return "msgstore.http.port=" + port + ": " + problem + " (" + host
                + "); set another port, or 0 for any free one";
    }
}
