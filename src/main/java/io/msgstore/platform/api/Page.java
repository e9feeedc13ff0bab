/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** The operator's page: three files of the jar, from memory. All that it shows comes from the API. */
public final class Page {
    private static final String FOLDER = "/io/msgstore/platform/page/";
    private static final Map<String, String> TYPES =
            Map.of("index.html", "text/html", "page.css", "text/css", "page.js", "text/javascript");
    // nothing from elsewhere and nothing inline, so that what a message holds can't become part of the page
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Page() {}

    /** Serves it at {@code /}. */
    public static void serve(Router router) {
        TYPES.forEach((name, type) -> {
            Buffer content = read(name);
            router.get(name.equals("index.html") ? "/" : "/" + name).handler(request -> answer(request, type, content));
        });
    }

    private static void answer(RoutingContext request, String type, Buffer content) {
        request.response()
                .putHeader("Content-Type", type + "; charset=utf-8")
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                // small, and a new version is to be seen at once
                .putHeader("Cache-Control", "no-cache")
                .end(content);
    }

    private static Buffer read(String name) {
        try (InputStream file = Page.class.getResourceAsStream(FOLDER + name)) {
            return Buffer.buffer(file.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
