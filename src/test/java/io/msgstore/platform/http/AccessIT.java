/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;
import io.msgstore.support.Tokens;

import static org.assertj.core.api.Assertions.assertThat;

/** Who is let in over HTTP, and which requests of a browser are not taken. */
class AccessIT {
    private static final String PASSWORD = "s3cret-of-the-port";
    private static final String WRONG = "wr0ng-guess";

    /** Everything that answers something, and ways to write liveness that are not liveness. */
    private static final List<String> PATHS = List.of(
            "/",
            "/nosuch",
            "/hawtio",
            "/hawtio/",
            "/hawtio/user",
            "/hawtio/jolokia",
            "/hawtio/hawtconfig.json",
            "/hawtio/favicon.ico",
            "/observe/jolokia",
            "/observe/metrics",
            "//observe/metrics",
            "/observe/health",
            "/observe/health/ready",
            "/observe/health/live?exposureLevel=full",
            "/observe/health/live/",
            "/observe/health/live/../ready",
            "/observe/health/live/..%2fready",
            "/observe/health//live",
            "/api/v1/accounts",
            "/api/v1/openapi.json",
            "/api/v1/dead-letters?limit=%zz",
            "http://127.0.0.1/observe/metrics");

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void withoutCredentialsNothingButLivenessAnswersOnAPublicHost() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.http.host", "0.0.0.0")
                .set("msgstore.http.username", "operator")
                .set("msgstore.console", true)
                .environment("MSGSTORE_HTTP_PASSWORD", PASSWORD)
                .startAndAwaitReady()) {
            for (String path : PATHS) {
                assertThat(ask(msgstore, "GET", path))
                        .as(path)
                        .startsWith("HTTP/1.1 401 ")
                        .containsIgnoringCase("content-type: application/problem+json")
                        .containsIgnoringCase("www-authenticate: Basic realm=\"msgstore\"")
                        .endsWith("\"detail\":\"user and password, or a token, are missing\"}");
            }
            for (String method : List.of("POST", "DELETE", "PUT", "OPTIONS", "TRACE", "NOSUCH")) {
                assertThat(ask(msgstore, method, "/api/v1/dead-letters/replay"))
                        .as(method)
                        .startsWith("HTTP/1.1 401 ");
            }
            assertThat(ask(msgstore, "POST", "/observe/health/live")).startsWith("HTTP/1.1 401 ");
            assertThat(ask(msgstore, "GET", "/observe/health/live"))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("\"status\":\"UP\"}]}");
            assertThat(msgstore.get("/observe/metrics").statusCode()).isEqualTo(200);
            assertThat(msgstore.get("/hawtio/user").body()).isEqualTo("\"operator\"");
            assertThat(msgstore.get("/api/v1/dead-letters?limit=%25zz").statusCode())
                    .isEqualTo(400);
            assertThat(msgstore.output()).doesNotContain(PASSWORD);
        }
    }

    @Test
    void whoTriesPasswordsHasToWait() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.http.username", "operator")
                .environment("MSGSTORE_HTTP_PASSWORD", PASSWORD)
                .startAndAwaitReady()) {
            List<String> wrong = List.of(
                    MsgstoreProcess.basic("operator", WRONG),
                    MsgstoreProcess.basic("operator", ""),
                    MsgstoreProcess.basic("operator", PASSWORD + " "),
                    MsgstoreProcess.basic("Operator", PASSWORD),
                    MsgstoreProcess.basic("", PASSWORD),
                    MsgstoreProcess.basic("operator:" + PASSWORD, ""),
                    "Basic",
                    "Basic !!",
                    "Bearer " + WRONG,
                    "Digest username=\"operator\"");
            for (String one : wrong) {
                assertThat(ask(msgstore, "GET", "/observe/metrics", "Authorization: " + one))
                        .as(one)
                        .startsWith("HTTP/1.1 401 ");
            }
            assertThat(ask(
                            msgstore,
                            "GET",
                            "/observe/metrics",
                            "Authorization: " + MsgstoreProcess.basic("operator", PASSWORD)))
                    .startsWith("HTTP/1.1 429 ")
                    .containsPattern("(?i)retry-after: \\d+");
            assertThat(ask(msgstore, "GET", "/observe/health/live")).startsWith("HTTP/1.1 200 ");
            assertThat(msgstore.output())
                    .contains("wrong password or token from 127.0.0.1")
                    .contains("10 wrong passwords or tokens from 127.0.0.1")
                    .doesNotContain(WRONG, PASSWORD);
        }
    }

    @Test
    void aPublicHostWithoutCredentialsIsRefused() {
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.http.host", "0.0.0.0").start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output())
                    .contains("msgstore.http.host=0.0.0.0 ")
                    .contains("set msgstore.http.username and msgstore.http.password, or msgstore.http.jwt-key");
        }
    }

    @Test
    void aTokenOfTheIssuerIsLetInUntilItEnds() throws Exception {
        KeyPair issuer = Tokens.issuer();
        Files.writeString(SERVERS.folder().resolve("issuer.pem"), Tokens.pem(issuer));
        long now = Instant.now().getEpochSecond();
        String payload = "{\"sub\":\"grafana\",\"aud\":\"msgstore\",\"exp\":" + (now + 600) + "}";
        Map<String, String> refused = Map.of(
                "of another issuer", Tokens.signed("RS256", payload, Tokens.issuer()),
                "ended", Tokens.signed("RS256", payload.replace("" + (now + 600), "" + (now - 120)), issuer),
                "without an end", Tokens.signed("RS256", "{\"sub\":\"grafana\",\"aud\":\"msgstore\"}", issuer),
                "for somebody else", Tokens.signed("RS256", payload.replace("\"msgstore\"", "\"other\""), issuer),
                "not signed", unsigned(payload),
                "signed with the public key", signedWithPublicKey(payload, Tokens.pem(issuer)),
                "with another payload",
                        Tokens.signed("RS256", payload, issuer)
                                .replaceFirst("\\..*\\.", "." + Tokens.base64("{\"exp\":9}") + "."));
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.http.host", "0.0.0.0")
                .set("msgstore.http.jwt-key", "issuer.pem")
                .set("msgstore.http.jwt-audience", "msgstore")
                .set("msgstore.console", true)
                .start()) {
            msgstore.awaitLine("Ready", Duration.ofSeconds(60));
            assertThat(ask(msgstore, "GET", "/observe/metrics"))
                    .startsWith("HTTP/1.1 401 ")
                    .containsIgnoringCase("www-authenticate: Bearer realm=\"msgstore\"")
                    .doesNotContain("Basic");
            refused.forEach((what, token) -> assertThat(
                            ask(msgstore, "GET", "/observe/metrics", "Authorization: Bearer " + token))
                    .as(what)
                    .startsWith("HTTP/1.1 401 "));
            for (String algorithm : List.of("RS256", "RS512")) {
                String authorization = "Authorization: Bearer " + Tokens.signed(algorithm, payload, issuer);
                assertThat(ask(msgstore, "GET", "/observe/metrics", authorization))
                        .startsWith("HTTP/1.1 200 ");
                assertThat(ask(msgstore, "GET", "/hawtio/user", authorization)).endsWith("\"grafana\"");
            }
        }
    }

    @Test
    void pagesOfOtherSitesCanNeitherReadNorChangeAnything() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            int port = msgstore.httpPort();
            String replay = "/api/v1/dead-letters/replay";
            for (String elsewhere : List.of(
                    "Origin: http://example.com",
                    "Origin: http://127.0.0.1:" + (port + 1),
                    "Origin: http://127.0.0.1",
                    "Origin: http://127.0.0.1.example.com:" + port,
                    "Origin: null",
                    "Origin: nonsense",
                    "Sec-Fetch-Site: cross-site",
                    "Sec-Fetch-Site: same-site",
                    "Sec-Fetch-Site: nonsense")) {
                assertThat(ask(msgstore, "POST", replay, elsewhere))
                        .as(elsewhere)
                        .startsWith("HTTP/1.1 403 ")
                        .containsIgnoringCase("content-type: application/problem+json");
                assertThat(ask(msgstore, "DELETE", "/api/v1/dead-letters/1", elsewhere))
                        .as(elsewhere)
                        .startsWith("HTTP/1.1 403 ");
            }
            for (String here : List.of(
                    "Origin: http://127.0.0.1:" + port,
                    "Sec-Fetch-Site: same-origin",
                    "Sec-Fetch-Site: none",
                    "X: y")) {
                assertThat(ask(msgstore, "POST", replay, here)).as(here).startsWith("HTTP/1.1 200 ");
            }
            for (String name : List.of(
                    "example.com:" + port,
                    "127.0.0.1.example.com",
                    "localhost.example.com:" + port,
                    "10.0.0.1",
                    "0.0.0.0")) {
                assertThat(raw(msgstore, "GET", "/observe/metrics", "Host: " + name))
                        .as(name)
                        .startsWith("HTTP/1.1 403 ");
            }
            for (String name :
                    List.of("localhost:" + port, "LOCALHOST", "127.0.0.1", "127.1.2.3:" + port, "[::1]:" + port)) {
                assertThat(raw(msgstore, "GET", "/observe/metrics", "Host: " + name))
                        .as(name)
                        .startsWith("HTTP/1.1 200 ");
            }
        }
    }

    @Test
    void answersTellBrowsersWhatTheyMayDoWithThem() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            for (String path : List.of("/observe/metrics", "/api/v1/accounts", "/nosuch", "/api/v1/dead-letters/x")) {
                assertThat(ask(msgstore, "GET", path, "Origin: http://example.com"))
                        .as(path)
                        .contains("Content-Security-Policy: default-src 'self'; script-src 'self';")
                        .contains("frame-ancestors 'none'")
                        .contains("X-Content-Type-Options: nosniff")
                        .contains("Cross-Origin-Resource-Policy: same-origin")
                        .doesNotContain("Access-Control-");
            }
        }
    }

    private static String ask(MsgstoreProcess msgstore, String method, String target, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Host: 127.0.0.1:" + msgstore.httpPort();
        return raw(msgstore, method, target, all);
    }

    /** As it is: a client of Java's mends paths, and lets nobody set Host. */
    private static String raw(MsgstoreProcess msgstore, String method, String target, String... headers) {
        try (Socket socket = new Socket("127.0.0.1", msgstore.httpPort())) {
            socket.setSoTimeout(30_000);
            String request = method + " " + target + " HTTP/1.1\r\n" + String.join("\r\n", headers)
                    + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + target, e);
        }
    }

    private static String unsigned(String payload) {
        return Tokens.base64("{\"alg\":\"none\",\"typ\":\"JWT\"}") + "." + Tokens.base64(payload) + ".";
    }

    private static String signedWithPublicKey(String payload, String pem) throws GeneralSecurityException {
        String signed = Tokens.base64("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "." + Tokens.base64(payload);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(pem.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return signed + "." + Tokens.base64(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    }
}
