/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures each contender in each scenario, in turn, several times. */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Measures msgstore and what it is compared with, on a broker and a database that it starts itself,"
                    + " and writes tables, plots and all figures to a folder.",
            "",
            "Nothing else should run on the machine meanwhile. Mosquitto is used where it is installed; the embedded"
                    + " broker otherwise, which is slower than what is measured."
        })
public final class Bench implements Callable<Integer> {
    @Option(names = "--scenario", defaultValue = ".*", description = "those whose name matches this regular expression")
    private String scenario;

    @Option(
            names = "--contender",
            defaultValue = ".*",
            description = "those whose name matches this regular expression")
    private String contender;

    @Option(names = "--runs", defaultValue = "5", description = "how often each is measured")
    private int runs;

    @Option(names = "--scale", defaultValue = "1", description = "share of the messages, for a quick look")
    private double scale;

    @Option(names = "--out", description = "folder for the results; bench/results/<date> unless given")
    private Path out = Path.of("bench", "results", LocalDate.now().toString());

    @Option(
            names = "--variant",
            description =
                    "another contender: msgstore with these settings, such as msgstore.workers=2,msgstore.batch-size=50,"
                            + " JVM options (--variant=-XX:+UseSerialGC), or another build of it: jar=FILE")
    private List<String> variants = List.of();

    @Option(
            names = "--profile",
            description = "records where the time of msgstore goes, and writes it beside the results; costs some of it")
    private boolean profile;

    @Option(names = "--list", description = "says what there is, and measures nothing")
    private boolean list;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    private Bench() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Pattern wantedScenario = pattern("--scenario", scenario);
        Pattern wantedContender = pattern("--contender", contender);
        List<Scenario> scenarios = Scenarios.all().stream()
                .filter(s -> wantedScenario.matcher(s.name()).matches())
                .map(s -> s.scaled(scale))
                .toList();
        List<Contender> contenders = new ArrayList<>(Contenders.all().stream()
                .filter(c -> wantedContender.matcher(c.name()).matches())
                .toList());
        for (String settings : variants) {
            if (!settings.matches("(-[^,]+|[^=,]+=[^=,]*)(,(-[^,]+|[^=,]+=[^=,]*))*")) {
                throw new ParameterException(
                        spec.commandLine(), "--variant takes key=value,… or JVM options, not " + settings);
            }
            contenders.add(Contenders.variant(settings));
        }
        if (list) {
            Scenarios.all().forEach(s -> System.out.printf("%-26s %s%n", s.name(), s.about()));
            Contenders.all().forEach(c -> System.out.printf("%-26s %s%n", c.name(), c.guarantee()));
            return 0;
        }
        if (scenarios.isEmpty() || contenders.isEmpty() || runs < 1 || scale <= 0) {
            throw new ParameterException(spec.commandLine(), "nothing to measure; --list says what there is");
        }
        measure(scenarios, contenders);
        return 0;
    }

    private Pattern pattern(String option, String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage());
        }
    }

    private void measure(List<Scenario> scenarios, List<Contender> contenders) throws Exception {
        try (Rig rig = new Rig(profile)) {
            rig.migrate();
            Map<String, Object> machine = machine(rig);
            machine.put("steadiness", Steadiness.measure());
            Results results = new Results(out, machine, scenarios, contenders);
            if (Broker.mosquitto().isEmpty()) {
                results.note("Mosquitto is not installed: the embedded broker is the limit in most scenarios");
            }
            List<Contender> present = new ArrayList<>();
            for (Contender each : contenders) {
                if (each.missing() == null) {
                    present.add(each);
                } else {
                    results.note(each.name() + " left out: " + each.missing());
                    System.err.println(each.name() + " left out: " + each.missing());
                }
            }
            for (Scenario each : scenarios) {
                for (int run = 1; run <= runs; run++) {
                    for (Contender who : present) {
                        if (each.contenders().contains(who.name()) || variants.contains(who.name())) {
                            trial(rig, results, each, who, run);
                        }
                    }
                }
            }
            results.plot();
            System.out.println(Files.readString(out.resolve("results.md")));
        }
    }

    private void trial(Rig rig, Results results, Scenario each, Contender who, int run) throws Exception {
        System.err.printf("%s, %s, %d of %d%n", each.name(), who.name(), run, runs);
        Measurement measured =
                switch (each.kind()) {
                    case WAY -> new Trial(rig, each, who, run).measure();
                    case HOP -> new HopTrial(rig, each, who, run).measure();
                    case BACKLOG -> new BacklogTrial(rig, each, who, run).measure();
                };
        results.add(measured);
        if (rig.aboutQueue().isPresent()) {
            results.note(rig.aboutQueue().get());
        }
        if (rig.recording().isPresent()) {
            String file = each.name() + "-" + who.name().replaceAll("[^\\w.=-]+", "-") + "-profile.txt";
            Files.writeString(out.resolve(file), Profile.text(rig.recording().get()));
        }
        System.err.printf(
                "  %,.0f %s/s, %.1f µs of CPU a message, %.0f MiB%s%s%n",
                measured.rowsPerSecond(),
                each.kind() == Scenario.Kind.HOP ? "messages" : "rows",
                measured.cpuMicros(),
                measured.residentMb(),
                measured.latencies() == null
                        ? ""
                        : ", p50 %.2f ms, p99 %.2f ms"
                                .formatted(
                                        measured.latencies().p50(),
                                        measured.latencies().p99()),
                measured.stored() == measured.messages()
                        ? ""
                        : ", NOT STORED: " + (measured.messages() - measured.stored()));
    }

    private Map<String, Object> machine(Rig rig) throws IOException {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put(
                "command",
                "bench/run "
                        + String.join(" ", spec.commandLine().getParseResult().originalArgs()));
        machine.put("date", LocalDate.now().toString());
        machine.put("commit", output("git", "rev-parse", "--short", "HEAD"));
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("JDK", Runtime.version().toString());
        machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put(
                "broker",
                Broker.mosquitto()
                        .map(program -> output(program.toString(), "-h")
                                .lines()
                                .findFirst()
                                .orElse("Mosquitto"))
                        .orElse("embedded Artemis"));
        machine.put(
                "database",
                "PostgreSQL "
                        + rig.postgres().rows("show server_version").get(0).get("server_version"));
        return machine;
    }

    private static String output(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
