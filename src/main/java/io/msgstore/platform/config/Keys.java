/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Every setting there is, of all modules, whether they are on or not: one file may serve for several instances. */
final class Keys {
    private final List<Section> sections;
    private final List<Key> all = new ArrayList<>();

    /** @param modules the sections of all modules, in the order of the file */
    Keys(List<Section> modules) {
        this.sections = modules;
        all.add(Key.of(
                PlatformSection.MODULES,
                Rule.someOf(modules.stream().map(Section::name).toList())));
        modules.forEach(module -> all.addAll(module.keys()));
        all.addAll(PlatformSection.KEYS);
    }

    List<Key> all() {
        return all;
    }

    List<Section> modules() {
        return sections;
    }

    Optional<Key> named(String name) {
        return all.stream().filter(key -> key.name().equals(name)).findFirst();
    }

    /** The key that was probably meant by a name that is none. */
    Optional<Key> like(String name) {
        String plain = Key.plain(name);
        return Key.nearest(name, all.stream().map(Key::name).toList())
                .flatMap(this::named)
                // mqtt.user, mqtt.pass
                .or(() -> all.stream()
                        .filter(key -> plain.length() > "msgstore".length()
                                && Key.plain(key.name()).startsWith(plain))
                        .findFirst());
    }

    /** A value as people may see it: on one line, without secrets. */
    String shown(String name, String value) {
        return named(name)
                .orElseGet(() -> new Key(name, Rule.anything(), Secrets.isSecretName(name)))
                .shown(value);
    }
}
