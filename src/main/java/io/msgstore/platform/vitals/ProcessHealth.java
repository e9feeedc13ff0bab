/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.vitals;

import io.msgstore.platform.health.MsgstoreHealthCheck;

/** Liveness: UP until a thread has ended by an error. */
public final class ProcessHealth extends MsgstoreHealthCheck {
    public ProcessHealth() {
        super("process");
    }

    @Override
    protected String problem() {
        return Vitals.problem();
    }

    @Override
    public boolean isLiveness() {
        return true;
    }

    @Override
    public boolean isReadiness() {
        return false;
    }
}
