/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class OptionsTest {
    @Test
    void runsWithoutArguments() {
        assertThat(Options.parse()).isEqualTo(options(Command.RUN, null));
    }

    @ParameterizedTest
    @CsvSource({
        "--demo,                DEMO",
        "--check,               CHECK",
        "--replay-dead-letters, REPLAY",
        "--drain,               DRAIN",
        "--health,              HEALTH",
        "--print-routes,        PRINT_ROUTES",
        "--print-routes=text,   PRINT_ROUTES",
        "--print-routes=mermaid,PRINT_ROUTES_AS_MERMAID",
        "--help,                HELP",
        "-h,                    HELP",
        "--version,             VERSION"
    })
    void knowsItsCommands(String argument, Command command) {
        assertThat(Options.parse(argument)).isEqualTo(options(command, null));
        assertThat(Options.parse(argument, argument)).isEqualTo(options(command, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--config my/a=b.properties",
                "--config=my/a=b.properties",
                "--config x --config my/a=b.properties"
            })
    void takesAConfigurationFile(String line) {
        Options options = Options.parse(line.split(" "));
        assertThat(options).isEqualTo(options(Command.RUN, Path.of("my/a=b.properties")));
    }

    @Test
    void takesCommandAndConfigurationInAnyOrder() {
        Options expected = options(Command.CHECK, Path.of("f"));
        assertThat(Options.parse("--check", "--config", "f")).isEqualTo(expected);
        assertThat(Options.parse("--config", "f", "--check")).isEqualTo(expected);
    }

    @Test
    void takesTheWordAfterConfigForAFileWhateverItIs() {
        assertThat(Options.parse("--config", "--demo")).isEqualTo(options(Command.RUN, Path.of("--demo")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--config", "--demo --config", "--config=", "--demo --config="})
    void wantsAFileAfterConfig(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(line.split(" ")))
                .withMessage("--config needs a file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--nonsense", "--print-routes=svg", "demo", "--Demo", "--configure", "-c", "file.properties", ""
            })
    void refusesWhatItDoesNotKnow(String argument) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(argument))
                .withMessage("unknown argument " + argument);
    }

    @Test
    void takesUpEditsOfTheServiceAndTheDemoOnly() {
        assertThat(Options.parse("--dev")).isEqualTo(options(Command.RUN, null, true, null, Map.of()));
        assertThat(Options.parse("--demo", "--dev")).isEqualTo(options(Command.DEMO, null, true, null, Map.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse("--dev", "--check"))
                .withMessage("--dev goes with the service and with --demo only");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse("--dev", "--drain"))
                .withMessage("--dev goes with the service and with --demo only");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--replay-queue --from 2026-01-23T17:00:00Z",
                "--replay-queue --from=2026-01-23T17:00:00Z",
                "--from 2026-01-23T17:00:00Z --replay-queue",
                "--replay-queue --from beginning --from 2026-01-23T17:00:00Z"
            })
    void replaysTheQueueFromSomewhere(String line) {
        assertThat(Options.parse(line.split(" ")))
                .isEqualTo(options(Command.REPLAY_QUEUE, null, false, "2026-01-23T17:00:00Z", Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--from", "--replay-queue --from", "--from=", "--replay-queue --from="})
    void wantsAPlaceAfterFrom(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(line.split(" ")))
                .withMessage("--from needs a time, an offset or \"beginning\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--replay-queue", "--from beginning", "--drain --from 5", "--replay-dead-letters --from=5"})
    void wantsFromWithTheReplayOfTheQueueAndNowhereElse(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(line.split(" ")))
                .withMessage("--replay-queue and --from go together");
    }

    @ParameterizedTest
    @CsvSource({"--map a.yaml, a.yaml,", "--map a.yaml t/u, a.yaml, t/u", "--map a.yaml --config f, a.yaml,"})
    void takesAMappingAndPerhapsATopic(String line, String mapping, String topic) {
        assertThat(Options.parse(line.split(" ")))
                .returns(Command.MAP, Options::command)
                .returns(mapping, Options::mapping)
                .returns(topic, Options::topic);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--map", "--map --config f"})
    void wantsAFileAfterMap(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(line.split(" ")))
                .withMessage("--map needs a file, or the name of a mapping");
    }

    @Test
    void takesPropertiesAsJavaDoesBeforeTheJar() {
        Options options =
                Options.parse("-Dmsgstore.workers=2", "--check", "-Da=b=c", "-Dempty", "-Dmsgstore.workers=3");
        assertThat(options)
                .isEqualTo(options(
                        Command.CHECK, null, false, null, Map.of("msgstore.workers", "3", "a", "b=c", "empty", "")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "-D -> -D needs a key and a value: -Dmsgstore.key=value",
                "-D=x -> -D needs a key and a value: -Dmsgstore.key=value",
                "-Djava.io.tmpdir=/x -> -Djava.io.tmpdir is for Java: it belongs before -jar",
                "-Duser.timezone=UTC -> -Duser.timezone is for Java: it belongs before -jar",
                "-Xmx256m -> -Xmx256m is for Java: it belongs before -jar",
                "-XX:+UseSerialGC -> -XX:+UseSerialGC is for Java: it belongs before -jar",
            })
    void refusesWhatJavaReadsBeforeIt(String argument, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(argument))
                .withMessage(message);
    }

    @Test
    void refusesTwoCommands() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse("--demo", "--check"))
                .withMessage("one command at a time, not also --check");
    }

    @Test
    void explainsEveryCommand() {
        assertThat(Options.HELP)
                .contains(
                        "--demo",
                        "--check",
                        "--replay-dead-letters",
                        "--drain",
                        "--replay-queue --from=FROM",
                        "--map FILE [TOPIC]",
                        "--help",
                        "--version",
                        "--config FILE");
    }

    private static Options options(Command command, Path config) {
        return options(command, config, false, null, Map.of());
    }

    private static Options options(
            Command command, Path config, boolean dev, String from, Map<String, String> properties) {
        return new Options(command, config, dev, from, properties, null, null);
    }
}
