/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import java.util.Set;

import io.msgstore.config.Settings;

/**
 * {@code --health}: whether the msgstore that runs on this machine with the same settings is ready. It is for containers,
 * whose health checks should not need a {@code curl} in the image, nor a password in a manifest.
 */
final class HealthProbe {
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");

    private final Settings settings;

    HealthProbe(Settings settings) {
        this.settings = settings;
    }

    /** Prints what it found; true when it is ready. */
    boolean run() {
        String host = settings.text("msgstore.http.host");
        String reachable = EVERYWHERE.contains(host) ? "127.0.0.1" : host;
        try {
            URL url = URI.create("http://" + (reachable.contains(":") ? "[" + reachable + "]" : reachable) + ":"
                            + settings.number("msgstore.http.port") + "/observe/health/ready")
                    .toURL();
            int status = ask(url);
            System.out.println(status == HttpURLConnection.HTTP_OK ? "ready" : "not ready: " + url + " says " + status);
            return status == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            System.out.println("not ready: nothing answers at port " + settings.text("msgstore.http.port") + ": "
                    + e.getMessage());
            return false;
        }
    }

    private int ask(URL url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        Properties all = settings.properties();
        String user = all.getProperty("msgstore.http.username", "");
        if (!user.isEmpty()) {
            String credentials = user + ":" + all.getProperty("msgstore.http.password", "");
            connection.setRequestProperty(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        }
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }
}
