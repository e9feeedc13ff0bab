/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

/**
 * What is wrong with a file.
 *
 * @param file its location or path
 * @param line from 1, or 0 when it is not known
 * @param text what is wrong, in one line
 */
record Fault(String file, int line, String text) {
    /** The file can't be taken up, and nothing is changed. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Fault fault;

        Refused(Fault fault, Throwable cause) {
            super(fault.text, cause);
            this.fault = fault;
        }

        Fault fault() {
            return fault;
        }
    }
}
