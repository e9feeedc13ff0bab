/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.config.Bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class MappingTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath();

    @ParameterizedTest
    @CsvSource(delimiterString = " -> ", quoteCharacter = '"', textBlock = """
                    {event: "gps", terminal_id: .id} -> {"id":"a"} -> {"event":"gps","terminal_id":"a"}
                    {event: "evt", topic: $topic} -> 1 -> {"event":"evt","topic":"t/u"}
                    {event: "evt", device: $levels[1], levels: ($levels | length)} -> 1 -> {"event":"evt","device":"u","levels":2}
                    {event: "evt", ts: $ts} -> 1 -> {"event":"evt","ts":"2026-01-23T17:00:00.123Z"}
                    {event: "evt", by: [$client_id, $username, $retain]} -> 1 -> {"event":"evt","by":["c",null,true]}
                    {event: "evt", value: .} -> 21.5 -> {"event":"evt","value":21.5}
                    {event: "evt", value: .} -> 1769187600.040 -> {"event":"evt","value":1769187600.040}
                    {event: "evt", value: (. * 2)} -> 21.5 -> {"event":"evt","value":43}
                    {event: "evt", value: (. > 21 and . == 21.5)} -> 21.50 -> {"event":"evt","value":true}
                    {event: "evt", value: .} -> 12345678901234567890 -> {"event":"evt","value":12345678901234567890}
                    .[] | {event: "evt", value: .} -> [1,2] -> {"event":"evt","value":1} {"event":"evt","value":2}
                    map({event: "evt", value: .}) -> [1,2] -> {"event":"evt","value":1} {"event":"evt","value":2}
                    empty -> 1 -> ""
                    [] -> 1 -> ""
                    """)
    void givesMessages(String jq, String payload, String messages) throws MappingException {
        assertThat(apply(mapping("t/+", jq, false), payload)).isEqualTo(messages);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " -> ", quoteCharacter = '"', textBlock = """
                    {event: "evt", value: .} -> on -> {"event":"evt","value":"on"}
                    {event: "evt", value: tonumber} -> 21.5 -> {"event":"evt","value":21.5}
                    {event: "evt", value: (fromjson | .a)} -> {"a":1} -> {"event":"evt","value":1}
                    """)
    void mayReadThePayloadAsText(String jq, String payload, String messages) throws MappingException {
        assertThat(apply(mapping("t/+", jq, true), payload)).isEqualTo(messages);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " -> ", quoteCharacter = '"', textBlock = """
                    . -> 1 -> gives 1, and a message is an object with a text field "event"
                    null -> 1 -> gives null, and a message is an object
                    {a: 1} -> 1 -> gives an object without a text field "event": {"a":1}
                    {event: 5} -> 1 -> gives an object without a text field "event": {"event":5}
                    {event: "evt"}, 2 -> 1 -> gives 2, and a message
                    .a -> 1 -> Cannot index number with string "a"
                    {event: "evt"}, error("no such device") -> 1 -> no such device
                    $unknown -> 1 -> $unknown
                    unknown(1) -> 1 -> unknown/1
                    range(20000) | {event: "evt"} -> 1 -> it gives more than 10000 messages
                    [range(20000)] -> 1 -> it gives more than 10000 messages
                    def f: f + 1; f -> 1 -> the filter calls itself too often
                    """)
    void saysWhatIsWrongInJqsWords(String jq, String payload, String words) {
        Mapping mapping = mapping("t/+", jq, false);
        assertThatThrownBy(() -> mapping.apply(message(payload)))
                .isInstanceOf(MappingException.class)
                .hasMessageStartingWith("mapping m: ")
                .hasMessageContaining(words);
    }

    @Test
    void doesNotLetAFilterReadTheEnvironment() {
        assertThatThrownBy(() -> apply(mapping("t/+", "{event: \"evt\", env: env}", false), "1"))
                .isInstanceOf(MappingException.class);
        assertThatThrownBy(() -> apply(mapping("t/+", "{event: \"evt\", env: $ENV}", false), "1"))
                .isInstanceOf(MappingException.class);
    }

    @Test
    void triesAPayloadAsItWouldBeReceived() throws MappingException {
        Mapping mapping = mapping("t/+", "{event: \"evt\"}", false);
        assertThat(mapping.tried(new ReceivedMessage("t/u", bytes("{}")))).hasSize(1);
        assertThatThrownBy(() -> mapping.tried(new ReceivedMessage("u", bytes("{}"))))
                .hasMessage("mapping m: is not for the topic u");
        assertThatThrownBy(() -> mapping.tried(new ReceivedMessage("t/u", bytes("{"))))
                .hasMessageStartingWith("mapping m: is not applied, because the payload is not-json: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chirpstack", "owntracks", "shelly", "shelly-gen1", "tasmota", "tts"})
    void readyMappingsTakeTheirSamples(String name) throws IOException, MappingException {
        Mapping mapping = Mappings.one(new Bundle(PROJECT), name);
        List<String> samples = Files.readAllLines(PROJECT.resolve("mappings/samples/" + name + ".txt"));
        assertThat(samples).isNotEmpty();
        for (String sample : samples) {
            String[] parts = sample.split(" ", 2);
            mapping.tried(new ReceivedMessage(parts[0], bytes(parts[1])));
        }
    }

    @Test
    void eachReadyMappingHasSamples() {
        assertThat(new Bundle(PROJECT).mappings())
                .containsExactly("chirpstack", "owntracks", "shelly", "shelly-gen1", "tasmota", "tts")
                .allSatisfy(name -> assertThat(PROJECT.resolve("mappings/samples/" + name + ".txt"))
                        .exists());
    }

    @Test
    void aLocationOfOwnTracksIsAPosition() throws MappingException {
        Mapping mapping = Mappings.one(new Bundle(PROJECT), "owntracks");
        assertThat(text(mapping.tried(new ReceivedMessage("owntracks/alice/phone", bytes("""
                        {"_type":"location","tst":1769187600,"lat":48.2,"lon":16.37,"alt":171,"vel":42,"cog":90,"batt":87}""")))))
                .isEqualTo(
                        "{\"event\":\"gps\",\"terminal_id\":\"alice/phone\",\"gps_time\":1769187600,\"latitude\":48.2,"
                                + "\"longitude\":16.37,\"altitude\":171,\"speed\":42,\"direction\":90,\"extra\":{\"batt\":87}}");
        assertThatThrownBy(() -> mapping.tried(new ReceivedMessage(
                        "owntracks/alice/phone", bytes("{\"_type\":\"encrypted\",\"data\":\"x\"}"))))
                .hasMessage("mapping owntracks: the payload is encrypted: switch it off in the app");
    }

    private static Mapping mapping(String topic, String jq, boolean text) {
        MappingFile file = new MappingFile(
                "m", "m.yaml", "topic: " + topic + "\nformat: " + (text ? "text" : "json") + "\njq: |\n  " + jq + "\n");
        assertThat(file.mistakes).isEmpty();
        return file.mapping;
    }

    private static String apply(Mapping mapping, String payload) throws MappingException {
        return text(mapping.apply(message(payload)));
    }

    private static Envelope message(String payload) {
        return Envelope.of(
                new ReceivedMessage("t/u", bytes(payload))
                        .receivedAt(1_769_187_600_123L)
                        .clientId("c")
                        .retained(true),
                1000);
    }

    private static String text(List<byte[]> messages) {
        return String.join(
                " ",
                messages.stream()
                        .map(message -> new String(message, StandardCharsets.UTF_8))
                        .toList());
    }

    private static byte[] bytes(String text) {
        return text.strip().getBytes(StandardCharsets.UTF_8);
    }
}
