/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.net.URI;
import java.util.Optional;
import java.util.Set;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.AuthenticationHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.api.Problem;
import io.msgstore.platform.config.Loopback;

/**
 * Stands before everything on the port. Liveness passes always. Everything else needs credentials where there are any;
 * where there are none, the port is on the loopback, and the Host header of a request must be a name of the loopback. A foreign web page
 * whose name points to 127.0.0.1 (DNS rebinding) sends its own name. A request that changes something must come from the same origin
 * (cross-site request forgery).
 */
final class Guard implements AuthenticationHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    private static final Set<Integer> DEFAULT_PORTS = Set.of(-1, 80, 443);
    private static final String LIVENESS = "/observe/health/live";

    /** Of scripts none but our own files; the console sets styles as it goes, and edits in workers made from a blob. */
    private static final String CONTENT_POLICY =
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
                    + " img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none';"
                    + " base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    private final Credentials credentials;
    private final WrongTries wrongTries = new WrongTries(System::nanoTime);

    Guard(Credentials credentials) {
        this.credentials = credentials;
    }

    @Override
    public void handle(RoutingContext context) {
        secure(context.response());
        HttpServerRequest request = context.request();
        if (isLiveness(request) || isLetIn(context) && isWanted(context)) {
            context.next();
        }
    }

    private static void secure(HttpServerResponse response) {
        response.putHeader("Content-Security-Policy", CONTENT_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Frame-Options", "DENY")
                .putHeader("Referrer-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin");
    }

    // with a query it would tell more than that the process lives
    private static boolean isLiveness(HttpServerRequest request) {
        return isSafe(request.method()) && request.uri().equals(LIVENESS);
    }

    private boolean isLetIn(RoutingContext context) {
        if (credentials.areAsked()) {
            return hasCredentials(context);
        }
        HostAndPort authority = context.request().authority();
        if (authority != null && Loopback.isName(authority.host())) {
            return true;
        }
        refuse(context, 403, "the host of the request is no name of this machine's loopback, such as localhost");
        return false;
    }

    private boolean hasCredentials(RoutingContext context) {
        String authorization = context.request().getHeader(HttpHeaders.AUTHORIZATION);
        String address = context.request().remoteAddress().hostAddress();
        if (authorization == null) {
            ask(context, "user and password, or a token, are missing");
            return false;
        }
        long wait = wrongTries.waitSeconds(address);
        if (wait > 0) {
            context.response().putHeader(HttpHeaders.RETRY_AFTER, Long.toString(wait));
            refuse(context, 429, "too many wrong passwords or tokens from this address: try again in " + wait + " s");
            return false;
        }
        Optional<String> user = credentials.user(authorization);
        if (user.isPresent()) {
            Caller.set(context, user.get());
            return true;
        }
        int tries = wrongTries.count(address);
        if (tries == 1) {
            LOG.warn("HTTP: wrong password or token from {}", address);
        } else if (tries == WrongTries.MOST) {
            LOG.warn("HTTP: {} wrong passwords or tokens from {} within a minute: it has to wait", tries, address);
        }
        ask(context, "wrong password, or a token that is not valid (any more)");
        return false;
    }

    private static boolean isWanted(RoutingContext context) {
        if (isSafe(context.request().method()) || isOfThisSite(context.request())) {
            return true;
        }
        refuse(context, 403, "requests that change something are not taken from pages of other sites");
        return false;
    }

    private static boolean isSafe(HttpMethod method) {
        return method == HttpMethod.GET || method == HttpMethod.HEAD || method == HttpMethod.OPTIONS;
    }

    // A browser says where the page is from, and no page can change it. Programs say nothing.
    private static boolean isOfThisSite(HttpServerRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin") || site.equals("none");
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        return origin == null || isSame(origin, request.authority());
    }

    // The scheme is left out: behind something that ends TLS, ours is another than the browser's.
    private static boolean isSame(String origin, HostAndPort authority) {
        try {
            URI uri = URI.create(origin);
            return authority != null
                    && uri.getHost() != null
                    && uri.getHost().equalsIgnoreCase(authority.host())
                    && (uri.getPort() == authority.port()
                            || uri.getPort() < 0 && DEFAULT_PORTS.contains(authority.port()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void ask(RoutingContext context, String detail) {
        context.response().putHeader("WWW-Authenticate", credentials.challenges());
        refuse(context, 401, detail);
    }

    private static void refuse(RoutingContext context, int status, String detail) {
        new Problem(status, detail).answer(context.response());
    }
}
