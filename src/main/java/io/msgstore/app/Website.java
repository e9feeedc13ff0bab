/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.api.Page;
import io.msgstore.platform.api.Requests;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.console.Console;
import io.msgstore.platform.http.GuardedServers;

/** What is served over HTTP beside the routes: the operator's page, descriptions of APIs and the console. */
final class Website {
    private Website() {}

    /**
     * Adds it to the server that Camel has started.
     *
     * @throws UserError when the server does not listen
     */
    static void serve(CamelContext context, Plan plan, HttpPort http) {
        String unheard = plan.command().isService() ? GuardedServers.problem(context) : null;
        if (unheard != null) {
            throw new UserError(http.problem(unheard));
        }
        VertxPlatformHttpRouter router =
                VertxPlatformHttpRouter.lookup(context, VertxPlatformHttpRouter.getRouterNameFromPort(http.port()));
        if (router == null) {
            return;
        }
        Requests.check(router);
        Map<String, Class<?>> files = new LinkedHashMap<>();
        plan.modules().list().forEach(module -> files.put(module.name(), module.getClass()));
        Page.serve(router, files);
        if (plan.hasStore()) {
            Page.describe(router, "/api/v1/openapi.json", DeviceStore.class);
        }
        if (plan.hasConsole()) {
            Console.serve(router);
        }
    }
}
