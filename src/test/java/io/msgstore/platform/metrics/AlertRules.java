/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;

import io.msgstore.support.Manifests;

/** The rules in {@code deploy/prometheus}. */
final class AlertRules {
    private static final Path FILE = Path.of("deploy/prometheus/msgstore.rules.yaml");

    private AlertRules() {}

    /** @param content the whole rule */
    record Rule(String name, String expression, JsonNode content) {}

    static List<Rule> all() {
        List<Rule> rules = new ArrayList<>();
        for (JsonNode group : Manifests.read(FILE).get(0).path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                rules.add(
                        new Rule(rule.path("alert").asText(), rule.path("expr").asText(), rule));
            }
        }
        return rules;
    }

    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        all().forEach(rule -> names.add(rule.name()));
        return names;
    }
}
