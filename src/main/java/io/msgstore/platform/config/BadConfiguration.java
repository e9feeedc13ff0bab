/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.List;

/** The configuration can't be used. Holds every mistake found, not only the first. */
public final class BadConfiguration extends Exception {
    private final List<String> mistakes;

    BadConfiguration(List<String> mistakes) {
        super(String.join(System.lineSeparator(), mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /** One line per mistake: key, value, where it came from, what is allowed. Without secrets. */
    public List<String> mistakes() {
        return mistakes;
    }
}
