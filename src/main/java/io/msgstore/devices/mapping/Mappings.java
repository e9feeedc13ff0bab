/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.contract.TopicFilter;

/** The mappings that are in use ({@code msgstore.mapping}). Of several whose topics a message is in, the first one counts. */
public final class Mappings {
    /** No mapping at all. */
    public static final Mappings NONE = new Mappings(List.of());

    private static final String YAML = ".yaml";
    // our own messages to ourselves
    private static final String CANARY = "canary";

    private final List<Mapping> mappings;

    private Mappings(List<Mapping> mappings) {
        this.mappings = mappings;
    }

    /**
     * Reads the files of mappings.
     *
     * @param names as in {@code msgstore.mapping}
     * @throws UserError with a line for each mistake in them
     */
    public static Mappings load(Bundle bundle, List<String> names) {
        List<String> mistakes = new ArrayList<>();
        List<MappingFile> files = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                mistakes.add("msgstore.mapping: " + name + " stands there twice");
                continue;
            }
            Optional<String> location = bundle.mapping(name);
            if (location.isEmpty()) {
                mistakes.add("msgstore.mapping=" + name + ": there is no mappings/" + name + YAML + "; there are "
                        + bundle.mappings());
            } else {
                files.add(new MappingFile(name, "mappings/" + name + YAML, bundle.text(location.get())));
            }
        }
        files.forEach(file -> mistakes.addAll(file.mistakes));
        if (mistakes.isEmpty()) {
            mistakes.addAll(neverReached(files));
        }
        refuse(mistakes);
        return names.isEmpty()
                ? NONE
                : new Mappings(files.stream().map(file -> file.mapping).toList());
    }

    /**
     * Reads one mapping, to try it.
     *
     * @param file a path, or else the name of one that {@code msgstore.mapping} could name
     * @throws UserError with a line for each mistake in it, or where there is none
     */
    public static Mapping one(Bundle bundle, String file) {
        Path path = Path.of(file);
        MappingFile read;
        if (Files.isRegularFile(path)) {
            try {
                read = new MappingFile(
                        path.getFileName().toString().replaceFirst("[.]yaml$", ""), file, Files.readString(path));
            } catch (IOException e) {
                throw new UserError(file + " can't be read: " + e.getMessage(), e);
            }
        } else {
            String location = bundle.mapping(file)
                    .orElseThrow(() -> new UserError("there is no file " + file
                            + ", and no mapping of that name; there are " + bundle.mappings()));
            try {
                read = new MappingFile(file, "mappings/" + file + YAML, bundle.text(location));
            } catch (UncheckedIOException e) {
                throw new UserError(e.getMessage(), e);
            }
        }
        refuse(read.mistakes);
        return read.mapping;
    }

    private static void refuse(List<String> mistakes) {
        if (!mistakes.isEmpty()) {
            throw new UserError("bad mapping\n  " + String.join("\n  ", mistakes));
        }
    }

    private static List<String> neverReached(List<MappingFile> files) {
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            MappingFile file = files.get(i);
            for (String topic : file.topics) {
                for (MappingFile before : files.subList(0, i)) {
                    for (String covering : before.topics) {
                        if (new TopicFilter(covering).covers(new TopicFilter(topic))) {
                            mistakes.add(file.file + ": topic " + topic + " is never reached, because " + covering
                                    + " of " + before.file + " comes first in msgstore.mapping");
                        }
                    }
                }
            }
        }
        return mistakes;
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return mappings.isEmpty();
    }

    /** The mapping that makes messages of this one; null where it is to be stored as it came. */
    public Mapping of(Envelope message) {
        if (message.isComplete() || CANARY.equals(message.event())) {
            return null;
        }
        for (Mapping mapping : mappings) {
            if (mapping.matches(message.topic())) {
                return mapping.takes(message) ? mapping : null;
            }
        }
        return null;
    }

    /** The names of mappings that get no message, because none of their topics is subscribed to. */
    public List<String> withoutSubscription(List<String> subscriptions) {
        List<TopicFilter> subscribed =
                subscriptions.stream().map(TopicFilter::new).toList();
        return mappings.stream()
                .filter(mapping -> mapping.filters().stream()
                        .noneMatch(filter -> subscribed.stream().anyMatch(filter::overlaps)))
                .map(Mapping::name)
                .toList();
    }
}
