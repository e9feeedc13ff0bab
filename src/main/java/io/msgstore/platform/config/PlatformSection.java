/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.List;

/** The settings that all modules have in common. */
final class PlatformSection implements Section {
    /** Names the modules that are on. */
    static final String MODULES = "msgstore.modules";

    private static final int HOUR = 3_600_000;
    private static final String POOL_SIZE = "msgstore.db.pool-size";
    private static final String FEW_CONNECTIONS = "10";

    static final List<Key> KEYS = List.of(
            Key.of("msgstore.dsn", Rule.database()),
            Key.of("msgstore.db.username", Rule.anything()),
            Key.secret("msgstore.db.password"),
            Key.of("msgstore.db.pool-size", Rule.number(1, 1000).orEmpty()),
            Key.of("msgstore.db.migrate", Rule.flag()),
            Key.of("msgstore.db-timeout-ms", Rule.number(1, HOUR)),
            Key.of("msgstore.debug", Rule.flag()),
            Key.of("msgstore.log-format", Rule.oneOf("text", "json")),
            Key.of("msgstore.tracing", Rule.flag()),
            Key.of("msgstore.stop-timeout", Rule.duration()),
            Key.of("msgstore.http.port", Rule.port()),
            Key.of("msgstore.http.host", Rule.notBlank("a host name or an IP address")),
            Key.of("msgstore.http.username", Rule.httpUser()),
            Key.secret("msgstore.http.password"),
            Key.of("msgstore.http.jwt-key", Rule.publicKey().orEmpty()),
            Key.of("msgstore.http.jwt-audience", Rule.anything()),
            Key.of("msgstore.console", Rule.flag()),
            Key.of("msgstore.embedded.mqtt-port", Rule.port()),
            Key.of("msgstore.embedded.postgres-port", Rule.port()),
            Key.of("msgstore.data-dir", Rule.folder()));

    @Override
    public String name() {
        return "platform";
    }

    @Override
    public List<Key> keys() {
        return KEYS;
    }

    @Override
    public void check(Findings findings) {
        if (findings.isRight("msgstore.http.")) {
            checkAccess(findings);
        }
    }

    // where no module knows better
    @Override
    public void complete(Values values) {
        if (values.settings().text(POOL_SIZE).isEmpty()) {
            values.put(POOL_SIZE, FEW_CONNECTIONS);
        }
    }

    private static void checkAccess(Findings findings) {
        Settings settings = findings.settings();
        boolean username = settings.optional("msgstore.http.username").isPresent();
        boolean password = settings.optional("msgstore.http.password").isPresent();
        if (username != password) {
            findings.mistake(
                    username ? "msgstore.http.password" : "msgstore.http.username",
                    "set, because msgstore.http." + (username ? "username" : "password") + " is");
        }
        String host = settings.text("msgstore.http.host");
        boolean open = !username && settings.optional("msgstore.http.jwt-key").isEmpty();
        if (open && !Loopback.isName(host)) {
            findings.mistake(
                    "msgstore.http.host",
                    "localhost or another name of this machine's loopback (127.0.0.1, ::1) as long as nobody is asked"
                            + " who they are: set msgstore.http.username and msgstore.http.password, or"
                            + " msgstore.http.jwt-key");
        }
    }
}
