/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.canary;

import io.msgstore.platform.health.MsgstoreHealthCheck;

/** UP until a canary is late, and again when one is in the database in time. */
public final class CanaryHealth extends MsgstoreHealthCheck {
    private final Canary canary;

    public CanaryHealth(Canary canary) {
        super("canary");
        this.canary = canary;
    }

    @Override
    protected String problem() {
        return canary.problem();
    }
}
