/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;

import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;

/** The service, or a command, in the JVM of a test, as {@link CommandLine} runs it. */
public final class LocalMsgstore {
    private static final int OK = 0;
    private static final int FAILED = 1;

    private final Options options;
    private final Path directory;
    private final Properties properties;
    private final Map<String, String> environment;
    private final PrintStream out;
    /** Null where the settings are wrong. */
    private final CompletableFuture<Service> started = new CompletableFuture<>();

    private volatile boolean stopped;

    /**
     * @param arguments of the command line, which ask for the service or for what it can do before it ends
     * @param directory takes the place of the working directory, absolute
     * @param properties as {@code -D} would give them
     * @param environment variables
     * @param out for what is printed and not logged
     */
    public LocalMsgstore(
            List<String> arguments,
            Path directory,
            Properties properties,
            Map<String, String> environment,
            PrintStream out) {
        options = Options.parse(arguments.toArray(String[]::new));
        this.directory = directory;
        this.properties = properties;
        this.environment = environment;
        this.out = out;
    }

    /**
     * Runs until it is stopped, or can't go on.
     *
     * @return the exit code that the process would have
     */
    public int run() {
        try {
            Modules modules = Modules.known();
            Settings settings =
                    Settings.load(List.copyOf(modules.list()), options.config(), directory, properties, environment);
            settings.warnings().forEach(line -> out.println("msgstore: " + line));
            try (Service service = new Service(modules, settings, options, directory, out)) {
                started.complete(service);
                boolean good = service.run();
                return stopped ? service.codeWhenStopped() : good ? OK : FAILED;
            }
        } catch (BadConfiguration e) {
            out.println("msgstore: bad configuration");
            e.mistakes().forEach(line -> out.println("  " + line));
            return FAILED;
        } catch (UserError e) {
            out.println("msgstore: " + e.getMessage());
            return FAILED;
        } finally {
            started.complete(null);
        }
    }

    /** Stops it as a signal does, and waits for the end. */
    public void stop() {
        stopped = true;
        Service service = started.join();
        if (service != null) {
            service.close();
        }
    }
}
