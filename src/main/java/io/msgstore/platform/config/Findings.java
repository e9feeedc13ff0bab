/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.nio.file.Path;
import java.util.List;

/** What is wrong with settings, each by itself and one beside another. */
public final class Findings {
    private final Keys keys;
    private final Settings settings;
    private final Path workingDirectory;
    private final List<String> mistakes;
    private final List<String> warnings;

    /**
     * @param mistakes known so far; gets a line for each other one: key, value, where it came from, and what is allowed
     * @param warnings gets what may be a mistake
     */
    Findings(Keys keys, Settings settings, Path workingDirectory, List<String> mistakes, List<String> warnings) {
        this.keys = keys;
        this.settings = settings;
        this.workingDirectory = workingDirectory;
        this.mistakes = mistakes;
        this.warnings = warnings;
    }

    /** Compares each value with its rule. */
    void checkEach() {
        for (Key key : keys.all()) {
            key.rule()
                    .wrong(settings.given(key.name()), workingDirectory)
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
        warnings.add(text);
    }

    /** Says so where the key has a value, which nobody reads. */
    public void ignored(String key, String why) {
        settings.optional(key).ifPresent(value -> warn(key + " is ignored: " + why));
    }
}
