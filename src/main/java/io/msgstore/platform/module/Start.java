/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.module;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Settings;

/**
 * What a start is for.
 *
 * @param settings checked
 * @param bundle routes, SQL and mappings
 */
public record Start(Settings settings, Bundle bundle, Purpose purpose) {
    /** What the command line asks for. */
    public enum Purpose {
        /** To go on until it is stopped. */
        SERVE,
        /** The same, with embedded servers and a simulated fleet. */
        DEMO,
        /** To say whether it could. */
        CHECK,
        /** To work through what is stored or queued, and end. The service may run beside it. */
        WORK_OFF;

        /** Whether it goes on until it is stopped. */
        public boolean serves() {
            return this == SERVE || this == DEMO;
        }
    }
}
