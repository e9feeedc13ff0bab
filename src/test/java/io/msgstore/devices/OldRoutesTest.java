/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.UserError;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class OldRoutesTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "    from:\n      uri: queue:messages\n      steps:\n",
                "        - to:\n            uri: \"queue:messages\"\n",
                "        - to: queue:messages?size=5\n",
                "              whenFull: 'queue:messages'\n",
            })
    void theQueueByItsOldSchemeIsRefusedWithWhatToWrite(String step) throws IOException {
        write("queue/mine", "- route:\n    id: a\n" + step);
        assertThatThrownBy(this::check)
                .isInstanceOf(UserError.class)
                .hasMessageMatching("routes/queue/mine.camel.yaml: (queue:messages\\S*) is seda:messages\\S* now, with"
                        + " SEDA's options \\(blockWhenFull and offerTimeout; no whenFull\\); take"
                        + " queue/memory.camel.yaml, queue/fallback/memory.camel.yaml, failure/ and api/"
                        + " from a newer copy of routes/");
    }

    @Test
    void aConfigurationForAFullQueueThatIsNotThereIsSaid() throws IOException {
        write("queue/memory", "- route:\n    routeConfigurationId: queue-full-failure\n");
        assertThatThrownBy(this::check)
                .isInstanceOf(UserError.class)
                .hasMessage("routes/queue/memory.camel.yaml: there is no routeConfiguration queue-full-failure; take"
                        + " queue/memory.camel.yaml, queue/fallback/memory.camel.yaml, failure/ and api/"
                        + " from a newer copy of routes/");
        write("queue/full", "- routeConfiguration:\n    id: queue-full-failure\n");
        assertThatCode(this::check).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "'        - process:\n            id: a\n            ref: failedMessage\n', failedMessage, failures, message",
        "'          onWhen:\n            expression:\n              ref:\n                expression: held\n',"
                + " held, failures, isHeld",
        "'            ref: \"canaryArrived\"\n', canaryArrived, canary, arrived",
    })
    void aBeanThatIsAMethodNowIsRefusedWithItsName(String step, String old, String bean, String method)
            throws IOException {
        write("queue/mine", "- route:\n    id: a\n" + step);
        assertThatThrownBy(this::check)
                .isInstanceOf(UserError.class)
                .hasMessage("routes/queue/mine.camel.yaml: the bean " + old + " is a method now, ref: " + bean
                        + " and method: " + method + "; take the file from a newer copy of routes/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "        - bean:\n            beanType: io.msgstore.demo.Fleet\n",
                "          exception:\n            - \"io.msgstore.demo.Fleet\"\n",
                "- beans:\n    - name: a\n      type: io.msgstore.demo.Fleet\n",
            })
    void aClassThatIsElsewhereNowIsRefused(String step) throws IOException {
        write("queue/mine", "- route:\n    id: a\n    description: io.msgstore.queue.Other\n" + step);
        assertThatThrownBy(this::check)
                .isInstanceOf(UserError.class)
                .hasMessage("routes/queue/mine.camel.yaml: there is no class io.msgstore.demo.Fleet;"
                        + " take the file from a newer copy of routes/");
    }

    @Test
    void aBeanOrARouteThatIsElsewhereNowIsRefusedWithItsPlace() throws IOException {
        write("queue/mine", "- route:\n    id: a\n        - process:\n            ref: accounts\n");
        assertThatThrownBy(this::check)
                .isInstanceOf(UserError.class)
                .hasMessage("routes/queue/mine.camel.yaml: the bean accounts is answerAccounts now;"
                        + " take the file from a newer copy of routes/");
        write("queue/mine", "- route:\n    id: api-accounts\n");
        assertThatThrownBy(this::check)
                .isInstanceOf(UserError.class)
                .hasMessage("routes/queue/mine.camel.yaml: the route api-accounts is in routes/platform/api.camel.yaml"
                        + " now; take api/ and platform/ from a newer copy of routes/");
    }

    @Test
    void otherMentionsOfAQueueAreNone() throws IOException {
        write("queue/mine", """
                # once uri: queue:messages
                - route:
                    id: a
                    description: "Puts it into the queue: later it is taken"
                    note: to queue:messages
                    from:
                      uri: kafka-queue:messages
                """);
        assertThatCode(this::check).doesNotThrowAnyException();
    }

    @Test
    void theRoutesOfTheProjectAreNotRefused() {
        Bundle bundle = new Bundle(Path.of(""));
        for (String kind : List.of(
                "queue",
                "queue/fallback",
                "queue/common",
                "queue/drain",
                "intake",
                "canary",
                "api",
                "demo",
                "platform")) {
            for (String name : bundle.routes(kind)) {
                List<String> locations = new ArrayList<>(bundle.routes("failure"));
                locations.add(name);
                assertThatCode(() -> OldRoutes.refuse(bundle, locations)).doesNotThrowAnyException();
            }
        }
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve("routes/" + name + ".camel.yaml");
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void check() {
        Bundle bundle = new Bundle(folder);
        OldRoutes.refuse(bundle, bundle.routes("queue"));
    }
}
