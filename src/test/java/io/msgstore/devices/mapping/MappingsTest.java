/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.Origin;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.UserError;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class MappingsTest {
    private static final Pattern EXAMPLE = Pattern.compile("```yaml\n((?:#.*\n)*topic: .*\n(?s:.*?))```");
    private static final String JQ = "jq: '{event: \"evt\"}'\n";

    @TempDir
    private Path folder;

    @Test
    void thereIsNoneUnlessOneIsNamed() throws IOException {
        write("a", "topic: '#'\n" + JQ);
        assertThat(load()).isSameAs(Mappings.NONE);
    }

    @Test
    void theFirstMappingOfATopicCounts() throws IOException {
        write("all", "topic: '#'\n" + JQ);
        write("some", "topic: [x/+, y/#]\n" + JQ);
        Mappings mappings = load("some", "all");
        assertThat(mappings.of(message("x/1", "{}")).name()).isEqualTo("some");
        assertThat(mappings.of(message("y", "{}")).name()).isEqualTo("some");
        assertThat(mappings.of(message("x/1/2", "{}")).name()).isEqualTo("all");
    }

    @Test
    void whatNoMappingIsForIsLeftAlone() throws IOException {
        write("a", "topic: a/+\n" + JQ);
        write("t", "topic: t/+\nformat: text\n" + JQ);
        Mappings mappings = load("a", "t");
        assertThat(mappings.of(message("b", "{}"))).isNull();
        assertThat(mappings.of(message("a/1", "{\"event\":\"gps\"}"))).isNotNull();
        assertThat(mappings.of(message("a/1", "no JSON"))).isNull();
        assertThat(mappings.of(message("t/1", "no JSON"))).isNotNull();
        // our own message to ourselves
        assertThat(mappings.of(message("a/1", "{\"event\":\"canary\"}"))).isNull();
        assertThat(mappings.of(Envelope.of(new ReceivedMessage("a/1", bytes("{\"a\":\"too large\"}")), 5)))
                .isNull();
    }

    @Test
    void whatAMappingMadeIsNotMappedAgain() throws Exception {
        write("a", "topic: a/+\n" + JQ);
        Mappings mappings = load("a");
        Envelope whole = message("a/1", "{}");
        Envelope part = new Origin(whole, "a", 2, 3).mapped(bytes("{\"event\":\"evt\"}"), 1);
        assertThat(mappings.of(part)).isNull();
        // as a replay of a dead letter finds it
        assertThat(mappings.of(Envelope.of(new ReceivedMessage("a/1", part.json()), 1000)))
                .isNull();
        assertThat(mappings.of(whole.refused("mapping", "why"))).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    topic: a/+;jq: '{a'                      | mappings/m.yaml: jq, line 1, column 2: the end is not expected there
                    topic: a/+;jq: '{a: }'                   | mappings/m.yaml: jq, line 1, column 5: } is not expected there
                    topic: a/+;jq: .a b                      | mappings/m.yaml: jq, line 1, column 4: b is not expected there
                    topic: a/#/b;jq: .                       | mappings/m.yaml: topic must be an MQTT topic filter ("a/#/b": # must be alone in the last level)
                    topic: [a, b+];jq: .                     | mappings/m.yaml: topic must be an MQTT topic filter ("b+": + must be alone in its level)
                    topic: $share/g/a;jq: .                  | mappings/m.yaml: topic must be an MQTT topic filter ("$share/g/a" must be without $share/<group>/)
                    jq: .                                    | mappings/m.yaml: topic must be an MQTT topic filter such as owntracks/+/+, or a list of them
                    topic: 5;jq: .                           | mappings/m.yaml: topic must be an MQTT topic filter such as owntracks/+/+, or a list of them
                    topic: a                                 | mappings/m.yaml: jq must be a filter that makes messages of a payload
                    topic: a;jq: .;format: xml               | mappings/m.yaml: format xml must be json or text
                    topic: a;jq: .;tpoic: b                  | mappings/m.yaml: the key tpoic is unknown; allowed are topic, jq and format
                    topic: a;topic: b                        | mappings/m.yaml: line 2: is no YAML: found duplicate key topic
                    - topic                                  | mappings/m.yaml: must be a map with the keys topic and jq
                    topic: 'a                                | mappings/m.yaml: line 2: is no YAML: found unexpected end of stream
                    """)
    void aMistakeStopsTheStart(String yaml, String line) throws IOException {
        write("m", yaml.replace(";", "\n") + "\n");
        assertThatThrownBy(() -> load("m")).isInstanceOf(UserError.class).hasMessageContaining("\n  " + line);
    }

    @Test
    void eachMistakeIsALine() throws IOException {
        write("m", "topic: a/#/b\njq: '{'\ncolour: red\n");
        assertThatThrownBy(() -> load("m", "nothing", "m"))
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(6))
                .hasMessageStartingWith("bad mapping\n")
                .hasMessageContaining("msgstore.mapping=nothing: there is no mappings/nothing.yaml; there are"
                        + " [chirpstack, m, owntracks, shelly, shelly-gen1, tasmota, tts]")
                .hasMessageContaining("msgstore.mapping: m stands there twice");
    }

    @Test
    void aTopicThatAnEarlierMappingHasIsAMistake() throws IOException {
        write("all", "topic: a/#\n" + JQ);
        write("some", "topic: [a/+/c, b]\n" + JQ);
        assertThatThrownBy(() -> load("all", "some"))
                .hasMessage("bad mapping\n  mappings/some.yaml: topic a/+/c is never reached, because a/# of"
                        + " mappings/all.yaml comes first in msgstore.mapping");
        assertThat(load("some", "all").isEmpty()).isFalse();
    }

    @Test
    void aFileOfTheWorkingDirectoryTakesThePlaceOfOneInTheJar() throws IOException {
        write("tts", "topic: mine/+\n" + JQ);
        Mappings mappings = load("tts", "owntracks");
        assertThat(mappings.of(message("mine/1", "{}")).name()).isEqualTo("tts");
        assertThat(mappings.of(message("owntracks/a/b", "{}")).name()).isEqualTo("owntracks");
    }

    @Test
    void allReadyMappingsCanBeUsedTogether() {
        assertThat(load("chirpstack", "owntracks", "shelly", "shelly-gen1", "tasmota", "tts")
                        .isEmpty())
                .isFalse();
    }

    @Test
    void knowsThoseThatNoSubscriptionIsFor() throws IOException {
        write("a", "topic: a/+/up\n" + JQ);
        write("b", "topic: [b, c/#]\n" + JQ);
        Mappings mappings = load("a", "b");
        assertThat(mappings.withoutSubscription(List.of("#"))).isEmpty();
        assertThat(mappings.withoutSubscription(List.of("a/1/+", "c"))).isEmpty();
        assertThat(mappings.withoutSubscription(List.of("devices/#"))).containsExactly("a", "b");
        assertThat(mappings.withoutSubscription(List.of("a/+", "b"))).containsExactly("a");
    }

    @Test
    void findsOneByPathOrByName() throws IOException {
        write("a", "topic: a/+\n" + JQ);
        Path elsewhere = Files.writeString(folder.resolve("try.yaml"), "topic: z\n" + JQ);
        Bundle bundle = new Bundle(folder);
        assertThat(Mappings.one(bundle, elsewhere.toString()).name()).isEqualTo("try");
        assertThat(Mappings.one(bundle, "a").name()).isEqualTo("a");
        assertThatThrownBy(() -> Mappings.one(bundle, "b"))
                .isInstanceOf(UserError.class)
                .hasMessageStartingWith("there is no file b, and no mapping of that name; there are [a, chirpstack,");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " -> ", textBlock = """
                    lab/a/reading {"21.5;48} -> (fails)
                    lab/a/reading 21.5;48 -> {"event":"evt","event_type":"reading","sensor":"a","celsius":21.5,"humidity":48}
                    lab/a/temperature 21.5 -> {"event":"evt","event_type":"temperature","sensor":"a","celsius":21.5}
                    trackers/x/batch {"id":"x","fixes":[{"t":1,"p":[2,3]}]} -> {"event":"gps","terminal_id":"x","gps_time":1,"latitude":2,"longitude":3}
                    nodered/lab {"topic":"lab/1","payload":{"event":"evt","type":"x"},"ts":1769187600000} -> {"event":"evt","type":"x","ts":1769187600000}
                    eventforward {"event":{"id":0,"type":"deviceOnline"},"device":{"id":1}} -> {"event":"evt","event_type":"deviceOnline","device":1}
                    """)
    void theExamplesInTheDocumentsDoWhatTheySay(String message, String expected) throws Exception {
        String[] parts = message.split(" ", 2);
        List<String> found = new ArrayList<>();
        for (String document : List.of("README.md", "docs/mappings.md")) {
            Matcher example = EXAMPLE.matcher(Files.readString(Path.of(document)));
            while (example.find()) {
                MappingFile file = new MappingFile("m", document, example.group(1));
                assertThat(file.mistakes).isEmpty();
                if (file.mapping.matches(parts[0])) {
                    found.add(tried(file.mapping, parts[0], parts[1]));
                }
            }
        }
        assertThat(found).containsExactly(expected);
    }

    private static String tried(Mapping mapping, String topic, String payload) {
        try {
            return new String(
                            mapping.tried(new ReceivedMessage(topic, bytes(payload)))
                                    .get(0),
                            StandardCharsets.UTF_8)
                    // that of the moment
                    .replaceFirst("\"ts\":\"[^\"]*\",", "");
        } catch (MappingException e) {
            return "(fails)";
        }
    }

    private Mappings load(String... names) {
        return Mappings.load(new Bundle(folder), List.of(names));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(Files.createDirectories(folder.resolve("mappings")).resolve(name + ".yaml"), text);
    }

    private static Envelope message(String topic, String payload) {
        return Envelope.of(new ReceivedMessage(topic, bytes(payload)), 1000);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
