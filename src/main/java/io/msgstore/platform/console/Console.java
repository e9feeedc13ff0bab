/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.console;

import java.util.Map;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.Json;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.FileSystemAccess;
import io.vertx.ext.web.handler.StaticHandler;

import io.msgstore.platform.http.Caller;

/** Hawtio, as static files and the few answers that its pages ask a server for. */
public final class Console {
    public static final String PATH = "/hawtio";
    public static final String JOLOKIA = "/observe/jolokia";

    private static final String FILES = "hawtio-static";
    private static final String INDEX = FILES + "/index.html";
    private static final String CONFIGURATION = "io/msgstore/platform/console/hawtconfig.json";

    /** No plug-ins of ours, no login page, no other processes to connect to. */
    private static final Map<String, String> ANSWERS = Map.of(
            "/plugin", "[]",
            "/auth/config", "{}",
            "/auth/config/session-timeout", "{}",
            "/keycloak/enabled", "false",
            "/proxy/enabled", "false",
            "/preset-connections", "[]");

    private Console() {}

    /** Adds it to what the server answers. */
    public static void serve(Router router) {
        ANSWERS.forEach((path, answer) -> router.get(PATH + path).handler(request -> json(request, answer)));
        // a name means that nobody has to log in; this one that there are no users
        router.get(PATH + "/user")
                .handler(request -> json(request, Json.encode(Caller.of(request).orElse("public"))));
        router.get(PATH + "/auth/logout").handler(request -> request.redirect(PATH + "/"));
        router.get(PATH + "/hawtconfig.json").handler(request -> request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .sendFile(CONFIGURATION));
        // where it looks for the process that it is in
        router.route(PATH + "/jolokia").handler(request -> request.reroute(JOLOKIA + "/"));
        StaticHandler files = StaticHandler.create(FileSystemAccess.RELATIVE, FILES);
        router.get(PATH + "/*").handler(files);
        router.get(PATH + "/*").handler(Console::page);
    }

    private static void json(RoutingContext request, String answer) {
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(answer);
    }

    // an address within the console, which its script reads
    private static void page(RoutingContext request) {
        String path = request.normalizedPath();
        if (path.substring(path.lastIndexOf('/')).contains(".")) {
            request.next();
            return;
        }
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/html;charset=UTF-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .sendFile(INDEX);
    }
}
