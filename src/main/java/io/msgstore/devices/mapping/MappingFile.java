/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import net.thisptr.jackson.jq.JsonQuery;
import net.thisptr.jackson.jq.exception.JsonQueryException;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

import io.msgstore.platform.contract.TopicFilter;

/** Reads a mapping file: YAML with the keys {@code topic}, {@code jq} and, where wanted, {@code format}. */
final class MappingFile {
    private static final String TOPIC = "topic";
    private static final String JQ = "jq";
    private static final String FORMAT = "format";
    private static final List<String> KEYS = List.of(TOPIC, JQ, FORMAT);
    /** The first line of what the parser says: Encountered " <IDENTIFIER> "z "" at line 3, column 9. */
    private static final Pattern UNEXPECTED =
            Pattern.compile("Encountered \"(?: \\S+ \")?(.*?) ?\"*\"? at line (\\d+), column (\\d+)\\.");

    private static final List<String> FORMATS = List.of("json", "text");

    final String file;
    /** What is wrong with it, a line each, which names the file. */
    final List<String> mistakes = new ArrayList<>();

    List<String> topics = List.of();
    /** Null where there is a mistake. */
    Mapping mapping;

    /**
     * @param name the mapping's
     * @param file what to call the file
     */
    MappingFile(String name, String file, String yaml) {
        this.file = file;
        try {
            Object content = new Load(LoadSettings.builder().setLabel(file).build()).loadFromString(yaml);
            if (content instanceof Map<?, ?> map) {
                read(name, map);
            } else {
                mistake("must be a map with the keys topic and jq");
            }
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark()
                    .map(mark -> "line " + (mark.getLine() + 1) + ": ")
                    .orElse("");
            mistake(line + "is no YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            mistake("is no YAML: " + e.getMessage().lines().findFirst().orElse(""));
        }
    }

    private void read(String name, Map<?, ?> map) {
        map.keySet().stream()
                .filter(key -> !KEYS.contains(key))
                .forEach(key -> mistake("the key " + key + " is unknown; allowed are topic, jq and format"));
        topics = topics(map.get(TOPIC));
        JsonQuery query = query(map.get(JQ));
        Object format = map.containsKey(FORMAT) ? map.get(FORMAT) : FORMATS.get(0);
        if (!FORMATS.contains(format)) {
            mistake("format " + format + " must be json or text");
        }
        if (mistakes.isEmpty()) {
            mapping = new Mapping(
                    name, topics.stream().map(TopicFilter::new).toList(), query, FORMATS.indexOf(format) == 1);
        }
    }

    private List<String> topics(Object value) {
        List<?> values = value instanceof List<?> several
                ? several
                : Stream.ofNullable(value).toList();
        if (values.isEmpty() || !values.stream().allMatch(String.class::isInstance)) {
            mistake("topic must be an MQTT topic filter such as owntracks/+/+, or a list of them");
            return List.of();
        }
        List<String> filters = values.stream().map(String.class::cast).toList();
        for (String filter : filters) {
            Optional<String> wrong = filter.startsWith("$share/")
                    ? Optional.of("\"" + filter + "\" must be without $share/<group>/")
                    : TopicFilter.problem(filter);
            wrong.ifPresent(why -> mistake("topic must be an MQTT topic filter (" + why + ")"));
        }
        return filters;
    }

    private JsonQuery query(Object value) {
        if (!(value instanceof String text) || text.isBlank()) {
            mistake("jq must be a filter that makes messages of a payload");
            return null;
        }
        try {
            return Mapping.compile(text);
        } catch (JsonQueryException e) {
            mistake(syntax(e));
            return null;
        }
    }

    // the parser goes on with everything else that it would have taken
    private static String syntax(JsonQueryException error) {
        String words = String.valueOf((error.getCause() == null ? error : error.getCause()).getMessage())
                .lines()
                .findFirst()
                .orElse("");
        Matcher found = UNEXPECTED.matcher(words);
        if (!found.matches()) {
            return "jq: " + words;
        }
        String what = found.group(1).equals("<EOF>") ? "the end" : found.group(1);
        return "jq, line " + found.group(2) + ", column " + found.group(3) + ": " + what + " is not expected there";
    }

    private void mistake(String text) {
        mistakes.add(file + ": " + text);
    }
}
