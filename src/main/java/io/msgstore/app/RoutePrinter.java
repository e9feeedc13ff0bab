/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.flow.Flow;
import io.msgstore.platform.flow.FlowMermaid;
import io.msgstore.platform.flow.FlowReader;
import io.msgstore.platform.flow.FlowText;

/** {@code --print-routes}: draws how messages flow. */
final class RoutePrinter {
    private static final Logger LOG = LoggerFactory.getLogger(RoutePrinter.class);

    private RoutePrinter() {}

    /**
     * @param files locations of the route files
     * @param mermaid a chart for documents instead of text
     * @throws UserError when the routes can't be read
     */
    static void print(Settings settings, List<String> files, boolean mermaid, PrintStream out) {
        Map<String, String> shown =
                Map.of("{{sql}}", "sql/postgresql", "{{msgstore.write-mode}}", settings.text("msgstore.write-mode"));
        try {
            Flow flow = new FlowReader(settings.properties(), shown).read(files);
            // arrows, whatever the locale
            new PrintStream(out, true, StandardCharsets.UTF_8)
                    .print(mermaid ? FlowMermaid.draw(flow) : FlowText.draw(flow));
        } catch (Exception e) {
            LOG.debug("Can't read the routes", e);
            throw new UserError("can't read the routes: " + CamelRuntime.rootMessage(e), e);
        }
    }
}
