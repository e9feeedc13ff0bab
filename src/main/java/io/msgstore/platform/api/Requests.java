/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import io.netty.handler.codec.DecoderException;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;

/** Refuses requests that reach no route because the server can't read them: their query, or the form that they hold. */
public final class Requests {
    /** Of the same order as the first route, which is the guard, and behind it because it comes later. */
    private static final int RIGHT_AFTER_THE_FIRST = 1;

    private Requests() {}

    /** Puts the check before everything else that the server does for those whom it lets in. */
    public static void check(Router router) {
        router.route().order(RIGHT_AFTER_THE_FIRST).handler(Requests::read).failureHandler(Requests::refuse);
    }

    private static void read(RoutingContext request) {
        // throws when it is not encoded as it must be
        request.queryParams();
        request.next();
    }

    private static void refuse(RoutingContext request) {
        Throwable failure = request.failure();
        // the state is the request's: a form where there can be none
        boolean unreadable = failure instanceof DecoderException
                || failure instanceof IllegalStateException
                || failure instanceof HttpException http && http.getStatusCode() == 400;
        if (unreadable && !request.response().ended()) {
            new Problem(400, "the request can't be read").answer(request.response());
        } else {
            request.next();
        }
    }
}
