/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

/** Variables of an exchange that SQL files take as parameters, {@code :#name}. */
public final class Parameters {
    /** The batch as one JSON array. */
    public static final String BATCH = "batch";
    /** The payloads of the batch as one JSON array. */
    public static final String PAYLOADS = "payloads";
    /** The zone of times that name none, or empty. */
    public static final String TIME_ZONE = "timeZone";
    /** How far ahead a time may be, such as 1d. */
    public static final String MAX_FUTURE = "maxFuture";
    /** The id of the canary that is looked for. */
    public static final String CANARY = "canary";

    private Parameters() {}
}
