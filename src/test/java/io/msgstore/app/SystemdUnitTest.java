/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SystemdUnitTest {
    private static final Path UNIT = Deployment.FOLDER.resolve("systemd/msgstore.service");

    @Test
    void theServiceIsNotRootsKeepsItsDataAndIsGivenTimeToStop() {
        Map<String, List<String>> unit = new HashMap<>();
        Deployment.read(UNIT).lines().filter(line -> line.matches("\\w+=.*")).forEach(line -> unit.computeIfAbsent(
                        line.substring(0, line.indexOf('=')), key -> new ArrayList<>())
                .add(line.substring(line.indexOf('=') + 1)));

        assertThat(unit)
                .containsEntry("User", List.of("msgstore"))
                .containsEntry("DynamicUser", List.of("yes"))
                .containsEntry("NoNewPrivileges", List.of("yes"))
                .containsEntry("ProtectSystem", List.of("strict"))
                .containsEntry("CapabilityBoundingSet", List.of(""))
                .containsEntry("StateDirectory", List.of("msgstore"));
        assertThat(Long.parseLong(unit.get("TimeoutStopSec").get(0)))
                .isGreaterThanOrEqualTo(Deployment.stopTimeout().toSeconds() + 10);

        Map<String, String> environment = new HashMap<>();
        unit.get("Environment").forEach(line -> environment.put(line.split("=", 2)[0], line.split("=", 2)[1]));
        assertThat(Deployment.settings(null, environment).text("msgstore.data-dir"))
                .isEqualTo(Deployment.DATA);
        assertThat(environment.get("MSGSTORE_DEAD_LETTER_DIR")).startsWith(Deployment.DATA + "/");

        List<String> line = List.of(unit.get("ExecStart").get(0).split(" "));
        List<String> arguments = line.subList(line.indexOf("-jar") + 2, line.size());
        assertThat(Deployment.command(arguments)).isEqualTo(Command.RUN);
    }
}
