/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.msgstore.platform.contract.RouteGroups;
import io.msgstore.platform.flow.Flow.Branch;
import io.msgstore.platform.flow.Flow.Fork;
import io.msgstore.platform.flow.Flow.Handling;
import io.msgstore.platform.flow.Flow.Step;
import io.msgstore.platform.flow.Flow.Stop;
import io.msgstore.platform.flow.Flow.Way;

/**
 * Draws a flow as a Mermaid flow chart: the routes that a message from the intake can come by, a box for each stage, a
 * cylinder for each SQL file, dotted arrows where something failed.
 */
public final class FlowMermaid {
    private final Flow flow;
    private final Map<String, Way> byInput;
    private final Map<String, Handling> handlings;
    private final Set<String> drawn = new LinkedHashSet<>();
    private final Set<String> others = new LinkedHashSet<>();
    private final Set<String> arrows = new LinkedHashSet<>();
    private final Deque<Way> open = new ArrayDeque<>();

    private FlowMermaid(Flow flow) {
        this.flow = flow;
        byInput = flow.ways().stream()
                .collect(Collectors.toMap(Way::from, way -> way, (first, second) -> first, LinkedHashMap::new));
        handlings = flow.handlings().stream()
                .collect(Collectors.toMap(Handling::id, handling -> handling, (first, second) -> first));
    }

    /** Lines, each with its end, without the fence that Markdown wants around them. */
    public static String draw(Flow flow) {
        return new FlowMermaid(flow).draw();
    }

    private String draw() {
        flow.stages().stream()
                .filter(stage -> stage.group().equals(RouteGroups.INTAKE))
                .flatMap(stage -> stage.ways().stream())
                .forEach(way -> {
                    others.add("broker((MQTT broker))");
                    arrows.add("broker --> " + way.id());
                    reach(way);
                });
        while (!open.isEmpty()) {
            arrows(open.remove());
        }
        StringBuilder text = new StringBuilder("flowchart LR\n");
        others.forEach(other -> text.append("  ").append(other).append('\n'));
        for (Flow.Stage stage : flow.stages()) {
            List<String> ids =
                    stage.ways().stream().map(Way::id).filter(drawn::contains).toList();
            if (!ids.isEmpty()) {
                text.append("  subgraph ")
                        .append(stage.group())
                        .append("-stage [")
                        .append(stage.group())
                        .append("]\n");
                ids.forEach(id -> text.append("    ").append(id).append('\n'));
                text.append("  end\n");
            }
        }
        arrows.forEach(arrow -> text.append("  ").append(arrow).append('\n'));
        return text.toString();
    }

    private void reach(Way way) {
        if (drawn.add(way.id())) {
            open.add(way);
        }
    }

    private void arrows(Way way) {
        steps(way, way.steps(), "", "-->");
        for (String handling : way.handlings()) {
            if (handlings.containsKey(handling)) {
                handlings.get(handling).branches().forEach(branch -> steps(way, branch.steps(), branch.when(), "-.->"));
            }
        }
    }

    private void steps(Way way, List<Step> steps, String when, String arrow) {
        for (Step step : steps) {
            if (step instanceof Stop stop && stop.endpoint()) {
                arrow(way, stop.name(), when, arrow);
            } else if (step instanceof Fork fork) {
                for (Branch branch : fork.branches()) {
                    steps(way, branch.steps(), branch.when(), arrow);
                }
            }
        }
    }

    private void arrow(Way way, String target, String when, String arrow) {
        List<String> labels = new ArrayList<>();
        if (!when.isEmpty()) {
            labels.add(when);
        }
        Way next = byInput.get(target);
        String id;
        if (next != null) {
            id = next.id();
            if (!target.startsWith("direct:")) {
                labels.add(target.split(":", 2)[0]);
            }
            reach(next);
        } else if (target.endsWith(".sql")) {
            id = "sql-" + target.replaceAll("^.*/|[.]sql$", "");
            others.add(id + "[(" + target.replaceAll("^.*/", "") + ")]");
        } else if (target.startsWith("file:")) {
            id = "spool-files";
            others.add(id + "[(spool)]");
        } else {
            // one that is only known by the message, such as the batch that is halved
            return;
        }
        String label = labels.isEmpty() ? "" : "|" + String.join(", ", labels).replace('"', '\'') + "|";
        arrows.add(way.id() + " " + arrow + label + " " + id);
    }
}
