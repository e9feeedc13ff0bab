/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * The operator's page, from files of the jar. Each module that is on has a section of it, {@code page.html} beside its class, and a
 * script that fills the section, {@code page.js}. All that it shows comes from the API, which the module describes in
 * {@code openapi.json}.
 */
public final class Page {
    private static final String API = "openapi.json";
    private static final String UTF_8 = "; charset=utf-8";
    private static final String FOLDER = "/io/msgstore/platform/page/";
    // nothing from elsewhere and nothing inline, so that what a message holds can't become part of the page
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Page() {}

    /**
     * Serves it at {@code /}, and of each module {@code /<name>/page.js} and {@code /api/v1/<name>/openapi.json}, where it has them.
     *
     * @param modules by name, each with the class that its files are beside
     */
    public static void serve(Router router, Map<String, Class<?>> modules) {
        StringBuilder sections = new StringBuilder();
        StringBuilder scripts = new StringBuilder();
        StringBuilder apis = new StringBuilder();
        modules.forEach((name, type) -> {
            String section = read(type, "page.html");
            sections.append(section == null ? "" : section);
            String script = read(type, "page.js");
            if (script != null) {
                scripts.append("  <script type=\"module\" src=\"%s/page.js\"></script>%n".formatted(name));
                serve(router, "/" + name + "/page.js", "text/javascript" + UTF_8, script);
            }
            if (type.getResource(API) != null) {
                String path = "/api/v1/" + name + "/openapi.json";
                apis.append("      <a href=\"%s\">API of %s</a>%n".formatted(path, name));
                describe(router, path, type);
            }
        });
        String page = read(Page.class, FOLDER + "index.html")
                .replace("{{scripts}}\n", scripts)
                .replace("{{apis}}\n", apis)
                .replace("{{sections}}\n", sections);
        serve(router, "/", "text/html" + UTF_8, page);
        serve(router, "/page.css", "text/css" + UTF_8, read(Page.class, FOLDER + "page.css"));
    }

    /** Serves the description of an API, for programs, that is beside the class. */
    public static void describe(Router router, String path, Class<?> module) {
        serve(router, path, "application/json", read(module, API));
    }

    private static void serve(Router router, String path, String type, String content) {
        router.get(path).handler(request -> answer(request, type, content));
    }

    private static void answer(RoutingContext request, String type, String content) {
        request.response()
                .putHeader("Content-Type", type)
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                // small, and a new version is to be seen at once
                .putHeader("Cache-Control", "no-cache")
                .end(content);
    }

    /** Null where there is none. */
    private static String read(Class<?> beside, String name) {
        try (InputStream file = beside.getResourceAsStream(name)) {
            return file == null ? null : new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
