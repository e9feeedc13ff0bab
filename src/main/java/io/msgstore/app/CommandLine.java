/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.List;

import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.log.Repeats;
import io.msgstore.platform.vitals.Vitals;

/** Does what the command line says, in the process's working directory. */
public final class CommandLine {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private CommandLine() {}

    /**
     * Runs until the command is done, or the service is stopped by Ctrl-C or SIGTERM.
     *
     * @return the exit code
     */
    public static int run(String... arguments) {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("msgstore: " + e.getMessage() + "\nTry --help.");
            return USAGE;
        }
        // as if they stood before -jar; Camel and the logging read them there, too
        options.properties().forEach(System::setProperty);
        switch (options.command()) {
            case HELP -> {
                System.out.print(Options.HELP);
                return OK;
            }
            case VERSION -> {
                System.out.println("msgstore " + Version.get());
                return OK;
            }
            case MAP -> {
                return code(new TryMapping(options.mapping(), options.topic()).run());
            }
            default -> {
                // the rest needs the settings
            }
        }
        Path directory = Path.of("").toAbsolutePath();
        try {
            Modules modules = Modules.known();
            Settings settings = Settings.load(
                    List.copyOf(modules.list()), options.config(), directory, System.getProperties(), System.getenv());
            return run(modules, options, settings);
        } catch (UserError e) {
            System.err.println("msgstore: " + e.getMessage());
            return FAILED;
        } catch (BadConfiguration e) {
            System.err.println("msgstore: bad configuration");
            e.mistakes().forEach(line -> System.err.println("  " + line));
            return FAILED;
        }
    }

    private static int run(Modules modules, Options options, Settings settings) {
        if (options.command() == Command.HEALTH) {
            return code(new HealthProbe(settings).run());
        }
        // log4j2.properties asks for it when the first logger is made
        System.setProperty("msgstore.log-format", settings.text("msgstore.log-format"));
        Repeats.limit();
        settings.warnings().forEach(line -> System.err.println("msgstore: " + line));
        try (Service service =
                new Service(modules, settings, options, Path.of("").toAbsolutePath(), System.out)) {
            Signals.stop(service);
            Vitals.watch(service.shutdown()::outOfMemory);
            return code(service.run());
        }
    }

    private static int code(boolean good) {
        return good ? OK : FAILED;
    }
}
