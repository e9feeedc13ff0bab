/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.net.BindException;
import java.util.concurrent.CompletionException;

import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import io.vertx.ext.web.handler.AuthenticationHandler;
import org.apache.camel.CamelContext;
import org.apache.camel.Service;
import org.apache.camel.component.platform.http.main.DefaultMainHttpServerFactory;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.auth.AuthenticationConfig;
import org.apache.camel.component.platform.http.vertx.auth.AuthenticationConfig.AuthenticationConfigEntry;
import org.apache.camel.component.platform.http.vertx.auth.AuthenticationConfig.AuthenticationHandlerFactory;
import org.apache.camel.main.HttpServerConfigurationProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.TokenKey;

/** Makes Camel's HTTP server with a {@link Guard} before everything, from its first moment on. */
public final class GuardedServers extends DefaultMainHttpServerFactory {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedServers.class);

    /** How far the clock of whoever issues tokens may differ from ours. */
    private static final int LEEWAY_SECONDS = 30;

    private final Settings settings;

    public GuardedServers(Settings settings) {
        this.settings = settings;
    }

    @Override
    public Service newHttpServer(CamelContext camelContext, HttpServerConfigurationProperties configuration) {
        MainHttpServer server = (MainHttpServer) super.newHttpServer(camelContext, configuration);
        AuthenticationConfig authentication = server.getConfiguration().getAuthenticationConfig();
        authentication.getEntries().add(0, entry());
        authentication.setEnabled(true);
        return server;
    }

    /**
     * Why the server of a context that was started does not listen; null when it does. Camel logs such a failure and goes on. The
     * server is asked to listen once more: one that does refuses, and any other tries, and tells.
     */
    public static String problem(CamelContext context) {
        VertxPlatformHttpServer server = context.hasService(VertxPlatformHttpServer.class);
        try {
            server.getServer()
                    .listen(server.getConfigurationPort(), server.getHost())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
            return null;
        } catch (IllegalStateException listensAlready) {
            return null;
        } catch (CompletionException e) {
            return String.valueOf(e.getCause().getMessage());
        }
    }

    // that it can't listen Camel throws where nobody catches it
    private static void uncaught(Throwable error) {
        if (!(error.getCause() instanceof BindException)) {
            LOG.error("Unexpected error of the HTTP server", error);
        }
    }

    private AuthenticationConfigEntry entry() {
        AuthenticationConfigEntry entry = new AuthenticationConfigEntry();
        entry.setPath("/*");
        entry.setAuthenticationProviderFactory(vertx -> {
            vertx.exceptionHandler(GuardedServers::uncaught);
            return settings.optional("msgstore.http.jwt-key").isPresent()
                    ? JWTAuth.create(vertx, tokenOptions())
                    : null;
        });
        entry.setAuthenticationHandlerFactory(new AuthenticationHandlerFactory() {
            @Override
            public <T extends AuthenticationProvider> AuthenticationHandler createAuthenticationHandler(T tokens) {
                return new Guard(new Credentials(
                        settings.optional("msgstore.http.username").orElse(null),
                        settings.text("msgstore.http.password"),
                        tokens));
            }
        });
        return entry;
    }

    private JWTAuthOptions tokenOptions() {
        TokenKey key = TokenKey.read(settings.path("msgstore.http.jwt-key"));
        JWTAuthOptions options = new JWTAuthOptions();
        for (String algorithm : key.algorithms()) {
            options.addPubSecKey(new PubSecKeyOptions().setAlgorithm(algorithm).setBuffer(key.pem()));
        }
        JWTOptions checks = new JWTOptions().setLeeway(LEEWAY_SECONDS);
        settings.optional("msgstore.http.jwt-audience").ifPresent(checks::addAudience);
        return options.setJWTOptions(checks);
    }
}
