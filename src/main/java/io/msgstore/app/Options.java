/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The command line.
 *
 * @param command what to do
 * @param config the file named by {@code --config}, or null
 * @param dev whether saved route and SQL files take effect at once
 * @param from where {@code --replay-queue} begins, or null
 * @param properties those given as {@code -Dkey=value} behind the jar's name
 * @param mapping what {@code --map} is to try: a file, or the name of a mapping; or null
 * @param topic the topic for {@code --map}, or null
 */
record Options(
        Command command,
        Path config,
        boolean dev,
        String from,
        Map<String, String> properties,
        String mapping,
        String topic) {
    // Java has read these before it comes to us
    private static final Pattern OF_JAVA = Pattern.compile("(java|javax|jdk|sun|user|file|os)\\..*");

    static final String HELP = """
            msgstore: messages from MQTT into PostgreSQL, acknowledged after commit

            Usage: java -jar msgstore.jar [COMMAND] [--config FILE]

            Commands
              (none)                  run the service
              --demo                  run everything on embedded parts, with a simulated fleet
              --check                 validate configuration, routes and connections, then exit
              --replay-dead-letters   send the dead letters through the queue once more, then exit
              --drain                 store what a durable queue holds, without receiving more, then exit
              --replay-queue --from=FROM
                                      with msgstore.queue=kafka: store what is still in the topic once more, then exit. FROM
                                      is a time (2026-01-23T17:00:00Z), an offset of every partition, or "beginning"
              --health                ask the msgstore that runs here whether it is ready, then exit
              --print-routes          print how messages flow, as text; --print-routes=mermaid as a chart for documents
              --map FILE [TOPIC]      print the messages that a mapping makes of the payload on standard input, a line each,
                                      without starting anything. FILE may be the name of a mapping. Without TOPIC each
                                      line of the input is "topic payload", as mosquitto_sub -v prints
              --help, --version

            Options
              --config FILE           configuration, instead of application.properties of the working directory
              --dev                   with the service or --demo: what is saved in routes/ and sql/ of the working
                                      directory takes effect at once

            Every setting can also be given as -Dmsgstore.key=value, before -jar or at the end, or as an environment
            variable such as MSGSTORE_QUEUE_SIZE. application.properties describes them all. The folders routes/ and sql/ of
            the working directory are used where they exist, else those in the jar, and so is each file of mappings/.

            Exit codes: 0 stopped cleanly, 1 bad configuration, a failed check or replay, a queue that was not emptied, or not
            ready, a payload that can't be mapped, 2 usage, 3 out of memory, 130 and 143 left at once by a second Ctrl-C or
            SIGTERM
            """;

    /** @throws IllegalArgumentException with what is wrong, for the user */
    static Options parse(String... arguments) {
        Command command = null;
        Path config = null;
        boolean dev = false;
        String from = null;
        String mapping = null;
        String topic = null;
        Map<String, String> properties = new LinkedHashMap<>();
        Deque<String> left = new ArrayDeque<>(List.of(arguments));
        while (!left.isEmpty()) {
            String argument = left.remove();
            if (isOption("--config", argument)) {
                config = Path.of(value(argument, left, "--config needs a file"));
            } else if (isOption("--from", argument)) {
                from = value(argument, left, "--from needs a time, an offset or \"beginning\"");
            } else if (argument.equals("--dev")) {
                dev = true;
            } else if (argument.startsWith("-D")) {
                String[] property = argument.substring("-D".length()).split("=", 2);
                properties.put(propertyName(property[0]), property.length == 2 ? property[1] : "");
            } else if (argument.startsWith("-X")) {
                throw new IllegalArgumentException(argument + " is for Java: it belongs before -jar");
            } else {
                Command named = command(argument);
                if (command != null && command != named) {
                    throw new IllegalArgumentException("one command at a time, not also " + argument);
                }
                command = named;
                if (command == Command.MAP) {
                    if (!isWordNext(left)) {
                        throw new IllegalArgumentException("--map needs a file, or the name of a mapping");
                    }
                    mapping = left.remove();
                    topic = isWordNext(left) ? left.remove() : topic;
                }
            }
        }
        if (dev && command != null && command != Command.DEMO) {
            throw new IllegalArgumentException("--dev goes with the service and with --demo only");
        }
        if ((from != null) != (command == Command.REPLAY_QUEUE)) {
            throw new IllegalArgumentException("--replay-queue and --from go together");
        }
        return new Options(
                command == null ? Command.RUN : command, config, dev, from, Map.copyOf(properties), mapping, topic);
    }

    private static boolean isOption(String name, String argument) {
        return argument.equals(name) || argument.startsWith(name + "=");
    }

    private static boolean isWordNext(Deque<String> left) {
        return !left.isEmpty() && !left.element().startsWith("-");
    }

    private static String value(String argument, Deque<String> left, String missing) {
        String[] parts = argument.split("=", 2);
        String value = parts.length == 2 ? parts[1] : left.poll();
        if (value == null || value.isEmpty() && parts.length == 2) {
            throw new IllegalArgumentException(missing);
        }
        return value;
    }

    private static Command command(String argument) {
        return switch (argument) {
            case "--demo" -> Command.DEMO;
            case "--check" -> Command.CHECK;
            case "--replay-dead-letters" -> Command.REPLAY;
            case "--replay-queue" -> Command.REPLAY_QUEUE;
            case "--drain" -> Command.DRAIN;
            case "--health" -> Command.HEALTH;
            case "--print-routes", "--print-routes=text" -> Command.PRINT_ROUTES;
            case "--print-routes=mermaid" -> Command.PRINT_ROUTES_AS_MERMAID;
            case "--map" -> Command.MAP;
            case "--help", "-h" -> Command.HELP;
            case "--version" -> Command.VERSION;
            default -> throw new IllegalArgumentException("unknown argument " + argument);
        };
    }

    private static String propertyName(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("-D needs a key and a value: -Dmsgstore.key=value");
        }
        if (OF_JAVA.matcher(name).matches()) {
            throw new IllegalArgumentException("-D" + name + " is for Java: it belongs before -jar");
        }
        return name;
    }
}
