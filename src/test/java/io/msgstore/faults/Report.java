/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** The table: a line per fault, as text, Markdown and JSON. */
final class Report {
    private static final List<String> HEAD = List.of(
            "fault",
            "runs",
            "sent",
            "stored",
            "dead",
            "lost",
            "twice",
            "row and dead",
            "dead twice",
            "normal after s (median, most)",
            "accounts wrong");

    private final Map<Fault, List<Run>> runs = new LinkedHashMap<>();

    synchronized void add(Fault fault, Run run) {
        runs.computeIfAbsent(fault, key -> new ArrayList<>()).add(run);
    }

    /** Writes {@code faults.txt}, {@code faults.md} and {@code faults.json} into the folder and prints the text. */
    synchronized void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<List<String>> rows = new ArrayList<>();
        runs.forEach((fault, all) -> rows.add(row(fault, all)));
        String text = text(rows);
        Files.writeString(folder.resolve("faults.txt"), text);
        Files.writeString(folder.resolve("faults.md"), markdown(rows));
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(folder.resolve("faults.json").toFile(), json());
        System.out.println(text);
    }

    private static List<String> row(Fault fault, List<Run> all) {
        double[] recovery =
                all.stream().mapToDouble(Run::recoverySeconds).sorted().toArray();
        return List.of(
                fault.name(),
                Integer.toString(all.size()),
                sum(all, run -> run.reckoning().sent()),
                sum(all, run -> run.reckoning().stored()),
                sum(all, run -> run.reckoning().dead()),
                sum(all, run -> run.reckoning().lost()) + (fault.forgets() == null ? "" : " by " + fault.forgets()),
                sum(all, run -> run.reckoning().twice()),
                sum(all, run -> run.reckoning().rowAndDead()),
                sum(all, run -> run.reckoning().deadTwice()),
                String.format(Locale.ROOT, "%.1f, %.1f", recovery[recovery.length / 2], recovery[recovery.length - 1]),
                sum(all, Run::unbalanced) + " of " + sum(all, Run::samples));
    }

    private static String sum(List<Run> all, ToLongFunction<Run> value) {
        return String.format(Locale.ROOT, "%,d", all.stream().mapToLong(value).sum());
    }

    private static String text(List<List<String>> rows) {
        int[] widths = new int[HEAD.size()];
        List<List<String>> all = new ArrayList<>(rows);
        all.add(0, HEAD);
        all.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                String format = (i == 0 ? "%-" : "%") + widths[i] + "s";
                text.append(String.format(format, row.get(i))).append(i == widths.length - 1 ? "\n" : "  ");
            }
        }
        return text.toString();
    }

    private String markdown(List<List<String>> rows) {
        StringBuilder text = new StringBuilder();
        List<String> head = new ArrayList<>(HEAD);
        head.add(1, "what happens");
        text.append("| ").append(String.join(" | ", head)).append(" |\n");
        text.append("|---|---|").append("---:|".repeat(head.size() - 2)).append("\n");
        int i = 0;
        for (Fault fault : runs.keySet()) {
            List<String> row = new ArrayList<>(rows.get(i++));
            row.add(1, fault.does());
            text.append("| ").append(String.join(" | ", row)).append(" |\n");
        }
        return text.toString();
    }

    private List<Map<String, Object>> json() {
        List<Map<String, Object>> all = new ArrayList<>();
        runs.forEach((fault, list) -> {
            for (Run run : list) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("fault", fault.name());
                one.put("does", fault.does());
                one.put("forgets", fault.forgets());
                one.put("run", run);
                all.add(one);
            }
        });
        return all;
    }
}
