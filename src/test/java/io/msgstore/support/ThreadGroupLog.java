/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.apache.logging.log4j.core.Filter;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.filter.AbstractFilter;

import io.msgstore.platform.log.Repeats;

/**
 * What the threads of a group log, as the jar prints it, until this is closed. It does not reach the output of the tests.
 * Repeated warnings are held back as in a process.
 */
final class ThreadGroupLog implements AutoCloseable {
    /** In log4j2.properties. */
    private static final String TEXT = "text";
    /** Those that have a log of their own are below it. */
    private static final ThreadGroup LOGGED = new ThreadGroup("logged");

    static {
        ((AbstractAppender) configuration().getAppender(TEXT)).addFilter(new OfThreads(LOGGED, false));
    }

    private final Lines lines;
    private final Closeable repeats;

    /** @param group made by {@link #newGroup} */
    ThreadGroupLog(ThreadGroup group, OutputLines output) {
        lines = new Lines(group, output);
        lines.start();
        repeats = Repeats.limit(List.of(lines));
        configuration().getRootLogger().addAppender(lines, null, null);
        LoggerContext.getContext(false).updateLoggers();
    }

    /** A group whose threads log to nowhere but their {@link ThreadGroupLog}. */
    static ThreadGroup newGroup(String name) {
        return new ThreadGroup(LOGGED, name);
    }

    private static Configuration configuration() {
        return LoggerContext.getContext(false).getConfiguration();
    }

    @Override
    public void close() {
        configuration().getRootLogger().removeAppender(lines.getName());
        LoggerContext.getContext(false).updateLoggers();
        lines.stop();
        try {
            repeats.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Lines extends AbstractAppender {
        private final OutputLines output;

        Lines(ThreadGroup group, OutputLines output) {
            super(
                    group.getName(),
                    new OfThreads(group, true),
                    configuration().getAppender(TEXT).getLayout(),
                    true,
                    Property.EMPTY_ARRAY);
            this.output = output;
        }

        @Override
        public void append(LogEvent event) {
            new String(getLayout().toByteArray(event), StandardCharsets.UTF_8)
                    .lines()
                    .forEach(output::add);
        }
    }

    /** Passes what is logged by threads of a group, or what is logged by others. */
    private static final class OfThreads extends AbstractFilter {
        private final ThreadGroup group;
        private final boolean inside;

        OfThreads(ThreadGroup group, boolean inside) {
            this.group = group;
            this.inside = inside;
        }

        // called by the thread that logs: no appender here is asynchronous
        @Override
        public Filter.Result filter(LogEvent event) {
            boolean isOfGroup = group.parentOf(Thread.currentThread().getThreadGroup());
            return isOfGroup == inside ? Filter.Result.NEUTRAL : Filter.Result.DENY;
        }
    }
}
