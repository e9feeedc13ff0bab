/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Something that takes messages from the broker into the table. */
interface Contender {
    String name();

    /** What it guarantees, in a few words, for the report. */
    String guarantee();

    /** Why it can't take part here, or null. */
    default String missing() {
        return null;
    }

    /** The share of a scenario's messages that it is measured with: less for one that would take all night. */
    default double share() {
        return 1;
    }

    /** The configuration keys of msgstore that make this contender of it. */
    default Map<String, String> settings() {
        return Map.of();
    }

    /** For the JVM, where it has one. */
    default List<String> jvmArguments() {
        return List.of(Contenders.HEAP);
    }

    /**
     * Starts it and returns when it has subscribed.
     *
     * @param folder its own, empty
     */
    Running start(Rig rig, Scenario scenario, Path folder);

    /** One that runs. */
    interface Running extends AutoCloseable {
        long pid();

        /** Messages in its queue, where it tells. */
        default OptionalLong queueLength() {
            return OptionalLong.empty();
        }

        /** Whether it has had nothing to do for a second, where it tells. */
        default boolean isIdle() {
            return false;
        }

        @Override
        void close();

        /** One that tells nothing about itself. */
        static Running of(long pid, Runnable close) {
            return new Running() {
                @Override
                public long pid() {
                    return pid;
                }

                @Override
                public void close() {
                    close.run();
                }
            };
        }
    }
}
