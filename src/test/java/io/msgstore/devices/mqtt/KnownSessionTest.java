/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class KnownSessionTest {
    @TempDir
    private Path folder;

    @Test
    void theFirstSessionEverIsNotLost() {
        KnownSession session = session("msgstore");
        assertThat(session.found(false)).isFalse();
        assertThat(session.found(true)).isFalse();
        assertThat(session.found(false)).isTrue();
    }

    @Test
    void aLaterStartKnowsTheSessionAndItsFilters() {
        KnownSession before = session("msgstore");
        before.found(false);
        before.subscribing(List.of("a/#", "$share/g/b/#"));

        KnownSession session = session("msgstore");
        assertThat(session.found(true)).isFalse();
        session.subscribing(List.of("a/#", "b/#"));
        assertThat(session.stale(List.of("a/#", "b/#"))).containsExactly("$share/g/b/#");
        assertThat(session("msgstore").stale(List.of())).containsExactly("a/#", "$share/g/b/#", "b/#");
        session.unsubscribed(List.of("$share/g/b/#"));
        assertThat(session("msgstore").stale(List.of())).containsExactly("a/#", "b/#");
    }

    @Test
    void aSessionThatIsGoneSubscribesToNothing() {
        KnownSession before = session("msgstore");
        before.found(false);
        before.subscribing(List.of("a/#"));

        KnownSession session = session("msgstore");
        assertThat(session.found(false)).isTrue();
        session.subscribing(List.of("b/#"));
        assertThat(session("msgstore").stale(List.of())).containsExactly("b/#");
    }

    @Test
    void aClientIdIsASafeFileName() throws IOException {
        List<String> clientIds = List.of("../a/b", "a*b", "..", "a b", "ä", "a+b");
        for (String clientId : clientIds) {
            session(clientId).subscribing(List.of(clientId));
        }
        try (var files = Files.list(folder.resolve("mqtt"))) {
            assertThat(files).hasSize(clientIds.size());
        }
        for (String clientId : clientIds) {
            assertThat(session(clientId).stale(List.of())).containsExactly(clientId);
        }
    }

    @Test
    void aFolderThatCannotBeWrittenStopsNothing() throws IOException {
        Files.writeString(folder.resolve("mqtt"), "a file");
        KnownSession session = session("msgstore");
        assertThat(session.found(false)).isFalse();
        session.subscribing(List.of("a/#"));
        assertThat(session.stale(List.of("b/#"))).containsExactly("a/#");
        assertThat(session.found(false)).isTrue();
    }

    private KnownSession session(String clientId) {
        return new KnownSession(folder.resolve("mqtt"), clientId);
    }
}
