/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import io.msgstore.platform.module.Start.Purpose;

/** What the command line asks for. */
enum Command {
    RUN,
    DEMO,
    CHECK,
    REPLAY,
    REPLAY_QUEUE,
    DRAIN,
    HEALTH,
    PRINT_ROUTES,
    PRINT_ROUTES_AS_MERMAID,
    MAP,
    HELP,
    VERSION;

    /** Whether it goes on until it is stopped, and so serves HTTP. */
    boolean isService() {
        return this == RUN || this == DEMO;
    }

    /** Whether it works through what is stored or queued and then ends. The service may run beside it. */
    boolean endsByItself() {
        return this == REPLAY || emptiesQueue();
    }

    /** What modules know of it. */
    Purpose purpose() {
        return switch (this) {
            case DEMO -> Purpose.DEMO;
            case CHECK -> Purpose.CHECK;
            case REPLAY, REPLAY_QUEUE, DRAIN -> Purpose.WORK_OFF;
            default -> Purpose.SERVE;
        };
    }

    /** Whether what it did not finish is still in the queue. */
    boolean emptiesQueue() {
        return this == REPLAY_QUEUE || this == DRAIN;
    }

    boolean printsRoutes() {
        return this == PRINT_ROUTES || this == PRINT_ROUTES_AS_MERMAID;
    }
}
