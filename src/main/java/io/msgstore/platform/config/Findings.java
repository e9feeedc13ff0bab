/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.List;

/** What is wrong with settings, each by itself and one beside another. */
public final class Findings {
    private final Keys keys;
    private final Settings settings;
    private final List<String> mistakes;

    /** @param mistakes known so far; gets a line for each other one: key, value, where it came from, and what is allowed */
    Findings(Keys keys, Settings settings, List<String> mistakes) {
        this.keys = keys;
        this.settings = settings;
        this.mistakes = mistakes;
    }

    /** Compares each value with its rule. */
    void checkEach() {
        for (Key key : keys.all()) {
            key.rule()
                    .wrong(settings.given(key.name()), settings.directory())
                    .ifPresent(allowed -> mistake(key.name(), allowed));
        }
    }

    /** The settings, of which some may be wrong. */
    public Settings settings() {
        return settings;
    }

    /** Whether nothing was found yet in a key that begins so. */
    public boolean isRight(String prefix) {
        return mistakes.stream().noneMatch(line -> line.startsWith(prefix));
    }

    /**
     * Refuses a value.
     *
     * @param allowed words that follow "must be"
     */
    public void mistake(String key, String allowed) {
        String value = settings.given(key);
        mistakes.add(key + "=" + (value.isEmpty() ? "(empty)" : keys.shown(key, value)) + " ("
                + settings.origin(key).orElse("application.properties in the jar") + "): must be "
                + allowed.replaceAll("\\p{Cntrl}", "?"));
    }

    /** Says in the log what may be a mistake. */
    public void warn(String text) {
        settings.warn(text);
    }

    /** Says so where the key has a value, which nobody reads. */
    public void ignored(String key, String why) {
        settings.optional(key).ifPresent(value -> warn(key + " is ignored: " + why));
    }
}
