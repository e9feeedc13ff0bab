/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench.load;

import java.time.Duration;
import java.util.concurrent.Callable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The load generator from the command line, see {@code bench/run load --help}. */
@Command(
        name = "bench/run load",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Publishes positions, and commands if wanted, to an MQTT broker. Every message has a key of its own.")
public final class LoadMain implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "URL", description = "such as tcp://127.0.0.1:1883")
    private String url;

    @Option(names = "--messages", defaultValue = "100000", description = "how many")
    private int messages;

    @Option(names = "--rate", defaultValue = "0", description = "messages a second; 0 is as fast as it goes")
    private int rate;

    @Option(names = "--qos", defaultValue = "1", description = "0, 1 or 2")
    private int qos;

    @Option(names = "--connections", defaultValue = "1", description = "connections to the broker")
    private int connections;

    @Option(names = "--devices", defaultValue = "500", description = "devices that take turns")
    private int devices;

    @Option(names = "--padding", defaultValue = "0", description = "bytes added to the 170 or so of each message")
    private int padding;

    @Option(
            names = "--duplicate-every",
            defaultValue = "0",
            description = "every n-th message repeats the one before it")
    private int duplicateEvery;

    @Option(names = "--command-every", defaultValue = "0", description = "every n-th message is a command")
    private int commandEvery;

    @Option(names = "--bad-every", defaultValue = "0", description = "every n-th message can't be stored")
    private int badEvery;

    @Option(names = "--prefix", description = "start of the terminal_ids; a new one each time unless given")
    private String prefix = "run" + System.currentTimeMillis();

    private static final Duration LIMIT = Duration.ofHours(24);

    private LoadMain() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new LoadMain()).execute(arguments));
    }

    @Override
    public Integer call() {
        LoadPublisher load = LoadPublisher.to(url)
                .messages(messages)
                .rate(rate)
                .qos(qos)
                .connections(connections)
                .devices(devices)
                .padding(padding)
                .duplicateEvery(duplicateEvery)
                .commandEvery(commandEvery)
                .badEvery(badEvery)
                .prefix(prefix);
        try (LoadPublisher.Running running = load.start()) {
            Thread progress = new Thread(() -> report(running));
            progress.setDaemon(true);
            progress.start();
            LoadPublisher.Result result = running.await(LIMIT);
            System.out.printf(
                    "published %,d in %.1f s: %,.0f/s%n",
                    messages, result.took().toNanos() / 1e9, result.perSecond());
        }
        return 0;
    }

    private void report(LoadPublisher.Running running) {
        try {
            while (true) {
                Thread.sleep(1000);
                System.err.printf("%,d of %,d taken by the broker%n", running.acknowledged(), messages);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
