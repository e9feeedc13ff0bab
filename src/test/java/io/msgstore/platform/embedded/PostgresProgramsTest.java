/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PostgresProgramsTest {
    @ParameterizedTest
    @ValueSource(strings = {"false", "no-such-program"})
    void tellsRootWhatToDoWithoutUserNamespaces(String unshare) {
        assertThatThrownBy(() -> PostgresPrograms.namespace(List.of(unshare)))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining("user namespaces are off")
                .hasMessageContaining("run msgstore as a normal user, or set msgstore.dsn");
    }

    @Test
    void takesACommandThatStartsProgramsAsAnotherUser() throws IOException {
        List<String> command = List.of("sh", "-c", "echo 65534");
        assertThat(PostgresPrograms.namespace(command)).isEqualTo(command);
    }

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, postgres-linux-x86_64.txz",
        "Linux, aarch64, postgres-linux-arm_64.txz",
        "Mac OS X, aarch64, postgres-darwin-arm_64.txz",
        "Mac OS X, x86_64, postgres-darwin-x86_64.txz"
    })
    void knowsTheArchiveOfAMachine(String os, String arch, String archive) {
        assertThat(PostgresBinaries.archiveName(os, arch)).isEqualTo(archive);
    }
}
