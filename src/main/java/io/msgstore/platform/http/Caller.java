/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.util.Optional;

import io.vertx.ext.web.RoutingContext;

/** Who a request is from. */
public final class Caller {
    private static final String KEY = Caller.class.getName();

    private Caller() {}

    static void set(RoutingContext context, String name) {
        context.put(KEY, name);
    }

    /** The user, or the subject of the token; empty where nobody is asked. */
    public static Optional<String> of(RoutingContext context) {
        return Optional.ofNullable(context.get(KEY));
    }
}
