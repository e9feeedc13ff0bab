/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Whoever is called finds out what it means; that the conditions can hold is shown by {@link AlertsIT}. */
class AlertRulesTest {
    private static final String RUNBOOK = "docs/operations.md";

    @Test
    void everyAlertSaysHowUrgentItIsWhatHappensAndWhereToReadOn() throws IOException {
        String runbook = Files.readString(Path.of(RUNBOOK));
        assertThat(AlertRules.all()).isNotEmpty().allSatisfy(rule -> {
            assertThat(rule.content().at("/labels/severity").asText()).isIn("page", "ticket");
            assertThat(rule.content().at("/annotations/summary").asText()).isNotBlank();
            assertThat(rule.content().at("/annotations/description").asText()).isNotBlank();
            assertThat(rule.content().at("/annotations/runbook_url").asText())
                    .isEqualTo(RUNBOOK + "#" + rule.name().toLowerCase(Locale.ROOT));
            assertThat(runbook.lines()).contains("### " + rule.name());
            assertThat(rule.content().path("for").asText("0s")).matches("\\d+[sm]");
        });
        assertThat(AlertRules.names()).hasSameSizeAs(AlertRules.all());
    }
}
