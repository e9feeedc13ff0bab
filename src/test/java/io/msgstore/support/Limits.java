/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;

/**
 * How long a test waits for what must come. Only a test that fails waits that long: it says that something hangs, not how
 * fast anything is, so it is the same for all and far above what a busy machine needs.
 */
public final class Limits {
    public static final int SECONDS = 180;

    public static final Duration LIMIT = Duration.ofSeconds(SECONDS);

    private Limits() {}
}
