/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.util.List;

/**
 * How messages flow, as the route files say.
 *
 * @param stages in the order in which a message meets them
 * @param handlings what routes do with messages that fail, by name
 */
public record Flow(List<Stage> stages, List<Handling> handlings) {

    /** The routes of one group. */
    public record Stage(String group, List<Way> ways) {}

    /**
     * One route.
     *
     * @param from where its messages come from
     * @param handlings the names of its failure handlings
     */
    public record Way(String id, String description, String from, List<Step> steps, List<String> handlings) {}

    /**
     * What is done with messages that fail.
     *
     * @param branches what it tells apart, the first that fits
     */
    public record Handling(String id, String description, List<Branch> branches) {}

    /** A part of a way. */
    public sealed interface Step permits Stop, Fork {}

    /**
     * A place that messages come by.
     *
     * @param name an endpoint without its options, an SQL file, or a bean
     * @param endpoint whether it is an endpoint
     */
    public record Stop(String name, boolean endpoint) implements Step {}

    /** Where ways part; after a branch messages go on behind the fork. */
    public record Fork(List<Branch> branches) implements Step {}

    /**
     * A way out of a fork.
     *
     * @param when its condition in words, such as {@code event is gps}
     */
    public record Branch(String when, List<Step> steps) {}

    /** All routes. */
    public List<Way> ways() {
        return stages.stream().flatMap(stage -> stage.ways().stream()).toList();
    }
}
