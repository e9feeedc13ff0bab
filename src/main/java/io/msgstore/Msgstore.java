/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.nio.file.Path;
import java.util.TimeZone;

import org.apache.logging.log4j.LogManager;

import io.msgstore.config.BadConfiguration;
import io.msgstore.config.Settings;
import io.msgstore.config.UserError;
import io.msgstore.log.Repeats;
import io.msgstore.vitals.Vitals;

/** The command line: reads it, starts the {@link Service}, and stops it on Ctrl-C or SIGTERM. */
public final class Msgstore {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    /** As log4j2.properties knows it. */
    private static final String LOG_ZONE = "log.zone";

    private Msgstore() {}

    public static void main(String[] arguments) {
        setZone();
        int code = run(arguments);
        LogManager.shutdown();
        // a shutdown that is under way has the last word, see Signals
        System.exit(code);
    }

    /**
     * Java's zone is that of every database session, by the driver, and there is no setting of the driver for it. Not every
     * server knows every name that Java has, and SQL must not mean another time on another machine: so it is UTC, and only the
     * text of the log keeps the machine's.
     */
    private static void setZone() {
        if (System.getProperty(LOG_ZONE) == null) {
            System.setProperty(LOG_ZONE, TimeZone.getDefault().getID());
        }
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    }

    private static int run(String... arguments) {
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
                System.out.println("msgstore " + version());
                return OK;
            }
            case MAP -> {
                return new TryMapping(options.mapping(), options.topic()).run() ? OK : FAILED;
            }
            default -> {
                // the rest needs the settings
            }
        }
        Settings settings;
        try {
            settings = Settings.load(
                    options.config(), Path.of("").toAbsolutePath(), System.getProperties(), System.getenv());
        } catch (BadConfiguration e) {
            System.err.println("msgstore: bad configuration");
            e.mistakes().forEach(line -> System.err.println("  " + line));
            return FAILED;
        }
        if (options.command() == Options.Command.HEALTH) {
            return new HealthProbe(settings).run() ? OK : FAILED;
        }
        // log4j2.properties asks for it when the first logger is made
        System.setProperty("msgstore.log-format", settings.text("msgstore.log-format"));
        Repeats.limit();
        settings.warnings().forEach(line -> System.err.println("msgstore: " + line));
        try (Service service = new Service(settings, options)) {
            Signals.stop(service);
            Vitals.watch(service::outOfMemory);
            return service.run() ? OK : FAILED;
        } catch (UserError e) {
            System.err.println("msgstore: " + e.getMessage());
            return FAILED;
        }
    }

    /** The version in the jar's manifest. */
    static String version() {
        String version = Msgstore.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }
}
