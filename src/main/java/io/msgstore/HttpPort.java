/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import io.msgstore.config.Settings;
import io.msgstore.embedded.EmbeddedException;
import io.msgstore.embedded.Ports;

/**
 * The port for HTTP, looked at before the server is made: the server starts beside everything else, and nobody would hear that
 * it could not.
 */
final class HttpPort {
    private HttpPort() {}

    /** Why msgstore can't listen there, with the key and what to do; null when it can. */
    static String problem(Settings settings) {
        String host = settings.text("msgstore.http.host");
        try {
            String problem = Ports.problem(host, settings.number("msgstore.http.port"));
            return problem == null
                    ? null
                    : "msgstore.http.port=" + settings.text("msgstore.http.port") + ": " + problem + " (" + host
                            + "); set another port, or 0 for any free one";
        } catch (EmbeddedException e) {
            return "msgstore.http.host=" + host + ": " + e.getMessage() + "; it must be an address of this machine";
        }
    }
}
