/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

/** No messages can be made of a payload; says why, for the user, and names the mapping. */
public final class MappingException extends Exception {
    private static final long serialVersionUID = 1L;

    MappingException(String message) {
        super(message);
    }

    MappingException(String message, Throwable cause) {
        super(message, cause);
    }
}
