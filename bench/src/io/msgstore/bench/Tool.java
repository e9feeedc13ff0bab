/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

import io.msgstore.baseline.Statement;
import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.TestPostgres;

/**
 * Another tool, if a program of that name is on the {@code PATH}. Its configuration, in {@code bench/tools}, finds the servers
 * in environment variables: {@code BENCH_BROKER} (host:port), {@code BENCH_DATABASE} (host:port) and {@code BENCH_STATEMENT}.
 *
 * @param name the program
 * @param arguments from the project's folder
 */
record Tool(String name, List<String> arguments, String guarantee) implements Contender {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    @Override
    public String missing() {
        return program().isPresent() ? null : "no program " + name + " on the PATH";
    }

    private Optional<Path> program() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @Override
    public Running start(Rig rig, Scenario scenario, Path folder) {
        List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.log").toFile());
        builder.environment().put("BENCH_BROKER", address(rig.brokerUrl()));
        builder.environment().put("BENCH_DATABASE", address(rig.jdbcUrl().substring("jdbc:".length())));
        builder.environment()
                .put("BENCH_STATEMENT", Statement.storeGps().replace("?", "$1").replaceAll("\\s+", " "));
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            try {
                awaitFirstRow(rig.brokerUrl(), rig.postgres(), process, folder);
            } catch (IOException | RuntimeException e) {
                process.destroy();
                throw e;
            }
            return Running.of(process.pid(), () -> {
                process.destroy();
                process.onExit().join();
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String address(String url) {
        URI uri = URI.create(url);
        return uri.getHost() + ":" + uri.getPort();
    }

    // says nowhere that it has subscribed: messages are lost until it has
    private void awaitFirstRow(String broker, TestPostgres postgres, Process process, Path folder) throws IOException {
        int[] tries = {0};
        try {
            Awaitility.await(name)
                    .atMost(START_LIMIT)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        LoadPublisher.to(broker)
                                .prefix("first-" + System.nanoTime() + "-" + tries[0]++)
                                .messages(1)
                                .devices(1)
                                .run();
                        return !process.isAlive()
                                || postgres.query(
                                                "select count(*) from gps_position_histories where terminal_id like 'first-%'")
                                        > 0;
                    });
        } catch (ConditionTimeoutException e) {
            process.destroy();
        }
        if (!process.isAlive()) {
            throw new IllegalStateException(
                    name + " does not start: " + Files.readString(folder.resolve("output.log")));
        }
    }
}
