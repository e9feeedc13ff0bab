/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

import java.util.TimeZone;

import org.apache.logging.log4j.LogManager;

import io.msgstore.app.CommandLine;

/** The main class, under a name that stays where parts of {@link io.msgstore.app} move. */
public final class Msgstore {
    /** As log4j2.properties knows it. */
    private static final String LOG_ZONE = "log.zone";

    private Msgstore() {}

    public static void main(String[] arguments) {
        setZone();
        int code = CommandLine.run(arguments);
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
}
