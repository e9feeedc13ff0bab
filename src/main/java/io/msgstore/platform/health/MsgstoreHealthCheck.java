/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.health;

import java.util.Map;

import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

import io.msgstore.platform.config.Secrets;

/** A health check of the group {@code msgstore}, for readiness: UP while there is no problem. */
public abstract class MsgstoreHealthCheck extends AbstractHealthCheck {
    /** @param id unique in the group */
    protected MsgstoreHealthCheck(String id) {
        super("msgstore", id);
    }

    /** What is wrong, or null. */
    protected abstract String problem();

    /** What is not as it should be though it is up, which the detail {@code degraded} then says; or null. */
    protected String degraded() {
        return null;
    }

    /** Whether it is up, as far as that is known without asking a server: each scrape of the metrics asks. */
    public boolean isKnownToBeUp() {
        return call().getState() == State.UP;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        String problem = problem();
        String degraded = degraded();
        if (degraded != null) {
            builder.detail("degraded", Secrets.mask(degraded));
        }
        if (problem == null) {
            builder.up();
        } else {
            builder.message(Secrets.mask(problem)).down();
        }
    }
}
