/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.intake;

/** A body that can become an element of a batch's JSON array. */
public interface JsonBody {
    /** One JSON value in UTF-8. */
    byte[] json();

    /** Follows the message from receipt to row. */
    String traceId();
}
