/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.vitals;

import java.util.function.Consumer;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices what the process does not get over: that Java has run out of memory, which ends it, and a thread that an error has
 * ended, for which liveness says DOWN. Both are for whatever restarts it. Nothing is lost: what is not stored is not acknowledged.
 *
 * <p>An {@link OutOfMemoryError} hits any thread, not the one that takes the memory, and nobody knows which one misses something
 * afterwards. So the process ends as with {@code -XX:+ExitOnOutOfMemoryError}, which only a command line can set. Such errors are
 * looked for where threads end, in what is logged, and in what routes have caught.
 */
public final class Vitals {
    /** Of a process that has run out of memory; Java's own with {@code -XX:+ExitOnOutOfMemoryError}. */
    public static final int OUT_OF_MEMORY = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Vitals.class);
    private static final int MAX_DEPTH = 20;
    /** Those of thread pools of Camel, which are our own: of workers, batches and timers. */
    private static final String OURS = "Camel ";

    private static volatile Consumer<OutOfMemoryError> end = error -> {};
    private static volatile String problem;

    private Vitals() {}

    /**
     * Begins to watch.
     *
     * @param outOfMemory ends the process; may be called by several threads at a time
     */
    public static void watch(Consumer<OutOfMemoryError> outOfMemory) {
        end = outOfMemory;
        Thread.setDefaultUncaughtExceptionHandler(Vitals::ended);
        Listener listener = new Listener();
        listener.start();
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        context.getConfiguration().addAppender(listener);
        context.getConfiguration().getRootLogger().addAppender(listener, Level.WARN, null);
        context.updateLoggers();
    }

    /** Ends the process when the error, or one of its causes, says that memory has run out. */
    public static void look(Throwable error) {
        Throwable cause = error;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (cause instanceof OutOfMemoryError found) {
                end.accept(found);
                return;
            }
            cause = cause.getCause();
        }
    }

    /** What is wrong with the process, in words; null while it is well. */
    public static String problem() {
        return problem;
    }

    /** Takes the process for well again; for tests. */
    static void forget() {
        problem = null;
    }

    private static void ended(Thread thread, Throwable error) {
        look(error);
        // a thread of a library that ends by an exception may have been told to
        if (error instanceof Error || thread.getName().startsWith(OURS)) {
            problem = "the thread " + thread.getName() + " has ended by " + error + ": restart msgstore";
        }
        LOG.error("The thread {} has ended by an error that nobody handles", thread.getName(), error);
    }

    private static final class Listener extends AbstractAppender {
        Listener() {
            super("vitals", null, null, true, Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            look(event.getThrown());
        }
    }
}
