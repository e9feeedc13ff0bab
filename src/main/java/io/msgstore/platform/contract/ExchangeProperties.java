/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

/** Properties of an exchange that stages leave for one another. */
public final class ExchangeProperties {
    /** A {@link Runnable} for the queue to run when it has taken the message; only where that acknowledges it. */
    public static final String ENQUEUED = "msgstore.enqueued";
    /** Key of the dead letter that this message is a replay of, or will become if it dies. */
    public static final String DEAD_LETTER_KEY = "msgstore.dead-letter-key";

    private ExchangeProperties() {}
}
