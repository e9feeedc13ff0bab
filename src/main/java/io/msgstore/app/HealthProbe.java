/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;

import io.msgstore.platform.config.Settings;

/**
 * {@code --health}: whether the msgstore that runs on this machine with the same settings is ready; or only whether it is
 * alive, where readiness wants a token. It is for containers, whose health checks should not need a {@code curl} in the
 * image, nor a password in a manifest.
 */
record HealthProbe(Settings settings) {
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");

    /** Prints what it found; true when it is ready, or alive where that is all that it may ask. */
    boolean run() {
        // a token ends, and this has none
        boolean behindTokens = settings.optional("msgstore.http.jwt-key").isPresent()
                && settings.optional("msgstore.http.username").isEmpty();
        String wanted = behindTokens ? "alive" : "ready";
        try {
            URL url = url(behindTokens ? "live" : "ready");
            int status = ask(url);
            if (status != HttpURLConnection.HTTP_OK) {
                System.out.println("not " + wanted + ": " + url + " says " + status);
                return false;
            }
            System.out.println(
                    behindTokens
                            ? "alive (readiness is behind tokens: set msgstore.http.username and msgstore.http.password to"
                                    + " ask for it)"
                            : "ready");
            return true;
        } catch (IOException e) {
            System.out.println("not " + wanted + ": nothing answers at port " + settings.text("msgstore.http.port")
                    + ": " + e.getMessage());
            return false;
        }
    }

    /** Whether a msgstore listens at the port, ready or not. */
    boolean isAnswered() {
        try {
            return ask(url("live")) == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            return false;
        }
    }

    private URL url(String check) throws MalformedURLException {
        String host = settings.text("msgstore.http.host");
        String reachable = EVERYWHERE.contains(host) ? "127.0.0.1" : host;
        return URI.create("http://" + (reachable.contains(":") ? "[" + reachable + "]" : reachable) + ":"
                        + settings.number("msgstore.http.port") + "/observe/health/" + check)
                .toURL();
    }

    private int ask(URL url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        String user = settings.text("msgstore.http.username");
        if (!user.isEmpty()) {
            String credentials = user + ":" + settings.text("msgstore.http.password");
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
