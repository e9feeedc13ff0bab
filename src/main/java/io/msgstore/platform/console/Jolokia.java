/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.console;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.component.platform.http.plugin.DefaultJolokiaPlatformHttpPlugin;
import org.jolokia.json.JSONArray;
import org.jolokia.json.JSONObject;
import org.jolokia.json.JSONStructure;
import org.jolokia.server.core.request.EmptyResponseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.http.Caller;

/**
 * What may be asked of this process over JMX. {@code jolokia-access.xml} says what that is; the rest is answered with 403,
 * also as the status of the answer where it was a single request. GET tells the version and nothing else, so that no
 * picture or link on somebody's page can do anything.
 */
public final class Jolokia extends DefaultJolokiaPlatformHttpPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(Jolokia.class);
    private static final int FORBIDDEN = 403;

    /** What the policy file has a say in. It has none in others, such as notifications. */
    private static final Set<String> TYPES = Set.of("version", "list", "search", "read", "exec", "write");

    /** Not for the caller to say: what the log of operations needs, and what tells more of errors than their message. */
    private static final Map<String, String> PARAMETERS =
            Map.of("includeRequest", "true", "includeStackTrace", "false", "serializeException", "false");

    private static final Pattern GROUP = Pattern.compile("(<route(?: [\\w:.-]+=\"[^\"]*\")*?) group=\"[^\"]*\"");

    @Override
    public Object getHandler() {
        // Camel's servers answer one after the other what they answer on a worker, liveness too, and stopping a route
        // takes as long as its messages do
        Handler<RoutingContext> handler = context -> context.vertx()
                .executeBlocking(
                        () -> {
                            answer(context);
                            return null;
                        },
                        false)
                .onFailure(context::fail);
        return handler;
    }

    private void answer(RoutingContext context) {
        JSONStructure answer;
        int status = 200;
        try {
            answer = context.request().method() == HttpMethod.GET ? version(context) : execute(context);
            if (status(answer) == FORBIDDEN) {
                status = FORBIDDEN;
            }
        } catch (IOException | EmptyResponseException | RuntimeException e) {
            LOG.debug("Can't answer", e);
            status = e instanceof SecurityException ? FORBIDDEN : 400;
            JSONObject error = new JSONObject();
            error.put("status", status);
            error.put("error", String.valueOf(e.getMessage()));
            answer = error;
        }
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(answer.toJSONString());
    }

    private JSONStructure version(RoutingContext context) throws EmptyResponseException {
        String asked = context.normalizedPath().substring(Console.JOLOKIA.length());
        if (!asked.matches("/*(version)?")) {
            throw new SecurityException("GET is for the version alone");
        }
        return getJolokiaRequestHandler().handleGetRequest(context.normalizedPath(), "version", Map.of());
    }

    private JSONStructure execute(RoutingContext context) throws IOException, EmptyResponseException {
        Map<String, String[]> parameters = new HashMap<>();
        context.queryParams().forEach((name, value) -> parameters.put(name, new String[] {value}));
        PARAMETERS.forEach((name, value) -> parameters.put(name, new String[] {value}));
        JSONStructure answer = getJolokiaRequestHandler()
                .handlePostRequest(
                        context.normalizedPath(),
                        // as it was understood here, so that Jolokia can't understand something else
                        new ByteArrayInputStream(checked(context)),
                        StandardCharsets.UTF_8.name(),
                        parameters);
        if (answer instanceof JSONArray several) {
            several.forEach(one -> done(context, one));
        } else {
            done(context, answer);
        }
        return answer;
    }

    private static byte[] checked(RoutingContext context) {
        Buffer body = context.body().buffer();
        Object read = body == null || body.length() == 0 ? null : Json.decodeValue(body);
        List<?> requests = read instanceof JsonArray several
                ? several.stream().toList()
                : read instanceof JsonObject ? List.of(read) : List.of();
        if (requests.isEmpty()) {
            throw new IllegalArgumentException("an object, or a list of some, is expected");
        }
        for (Object request : requests) {
            if (!(request instanceof JsonObject one)
                    || !TYPES.contains(String.valueOf(one.getValue("type")).toLowerCase(Locale.ROOT))
                    || one.containsKey("target")) {
                throw new SecurityException("only " + new TreeSet<>(TYPES) + " can be asked for, of this process");
            }
            if (one.getValue("config") instanceof JsonObject config) {
                config.fieldNames().removeAll(PARAMETERS.keySet());
            }
        }
        return Json.encodeToBuffer(read).getBytes();
    }

    private static void done(RoutingContext context, Object answer) {
        if (!(answer instanceof JSONObject done)
                || status(done) != 200
                || !(done.get("request") instanceof JSONObject request)
                || !"exec".equals(request.get("type"))) {
            return;
        }
        String operation = String.valueOf(request.get("operation"));
        if (operation.equals("dumpRoutesAsXml()") && done.get("value") instanceof String routes) {
            // Hawtio 4.3 finds no counters for routes that it shows in groups
            done.put("value", GROUP.matcher(routes).replaceAll("$1"));
        } else if (operation.matches("(start|stop|suspend|resume)\\(\\)")) {
            // who stopped what is asked the next morning
            LOG.info(
                    "Console: {} of {} by {} from {}",
                    operation,
                    request.get("mbean"),
                    Caller.of(context).orElse("nobody in particular"),
                    context.request().remoteAddress().hostAddress());
        }
    }

    private static int status(JSONStructure answer) {
        return answer instanceof JSONObject object && object.get("status") instanceof Number number
                ? number.intValue()
                : 200;
    }
}
