/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.util.ArrayList;
import java.util.List;

import io.msgstore.platform.flow.Flow.Branch;
import io.msgstore.platform.flow.Flow.Fork;
import io.msgstore.platform.flow.Flow.Handling;
import io.msgstore.platform.flow.Flow.Stage;
import io.msgstore.platform.flow.Flow.Step;
import io.msgstore.platform.flow.Flow.Stop;
import io.msgstore.platform.flow.Flow.Way;

/** Draws a flow as text, at most {@value #WIDTH} columns wide. */
public final class FlowText {
    private static final int WIDTH = 100;
    private static final String ARROW = " → ";

    private final StringBuilder text = new StringBuilder();

    private FlowText() {}

    /** Lines, each with its end. */
    public static String draw(Flow flow) {
        FlowText drawing = new FlowText();
        for (Stage stage : flow.stages()) {
            drawing.line(0, stage.group());
            stage.ways().forEach(drawing::way);
            drawing.text.append('\n');
        }
        if (!flow.handlings().isEmpty()) {
            drawing.line(0, "when a message fails");
            flow.handlings().forEach(drawing::handling);
        }
        return drawing.text.toString();
    }

    private void way(Way way) {
        line(2, way.id());
        wrapped(6, way.description(), " ");
        chain(6, way.from(), way.steps());
        if (!way.handlings().isEmpty()) {
            line(6, "fails: see " + String.join(", ", way.handlings()));
        }
    }

    private void handling(Handling handling) {
        line(2, handling.id());
        wrapped(6, handling.description(), " ");
        handling.branches().forEach(branch -> chain(6, branch.when(), branch.steps()));
    }

    // stops in a line; a fork's branches below it, further in
    private void chain(int indent, String head, List<Step> steps) {
        List<String> stops = new ArrayList<>();
        if (!head.isEmpty()) {
            stops.add(head);
        }
        for (Step step : steps) {
            if (step instanceof Stop stop) {
                stops.add(stop.name());
            } else if (step instanceof Fork fork) {
                flush(indent, stops);
                for (Branch branch : fork.branches()) {
                    chain(indent + 2, branch.when(), branch.steps());
                }
                stops.add("then");
            }
        }
        if (!stops.equals(List.of("then"))) {
            flush(indent, stops);
        }
    }

    private void flush(int indent, List<String> stops) {
        if (!stops.isEmpty()) {
            wrapped(indent, String.join(ARROW, stops), ARROW);
            stops.clear();
        }
    }

    private void wrapped(int indent, String whole, String separator) {
        StringBuilder current = new StringBuilder();
        int space = WIDTH - indent;
        for (String part : whole.split(separator)) {
            if (!current.isEmpty() && current.length() + separator.length() + part.length() > space) {
                line(indent, current.toString());
                current.setLength(0);
                if (separator.equals(ARROW)) {
                    current.append("  → ").append(part);
                    continue;
                }
            }
            current.append(current.isEmpty() ? "" : separator).append(part);
        }
        if (!current.isEmpty()) {
            line(indent, current.toString());
        }
    }

    private void line(int indent, String content) {
        text.append(" ".repeat(indent)).append(content).append('\n');
    }
}
