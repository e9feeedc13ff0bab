/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.log;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.util.Throwables;

import io.msgstore.platform.config.Secrets;

/**
 * Remembers the last warnings and errors of the log, one line each and without secrets. The same one again only counts the
 * first one up.
 */
public final class RecentErrors extends AbstractAppender implements AutoCloseable {
    private static final int ENTRIES = 100;
    private static final int LONGEST = 500;
    // to look for secrets in much more would take time, and one that ends behind it would have to be very long
    private static final int LOOKED_AT = 1000;

    // an appender that is to be taken away has to have a name of its own
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Deque<Entry> entries = new ArrayDeque<>(ENTRIES);

    private RecentErrors() {
        super("recent-errors-" + NUMBER.incrementAndGet(), null, null, true, Property.EMPTY_ARRAY);
    }

    /**
     * A line of the log.
     *
     * @param at when it was said last, RFC 3339, UTC
     * @param first when it was said first
     * @param level {@code WARN}, {@code ERROR} or {@code FATAL}
     * @param logger who says it
     * @param message what it says
     * @param times how often, one after the other
     */
    public record Entry(String at, String first, String level, String logger, String message, long times) {}

    /** Begins to listen to the log. */
    public static RecentErrors listening() {
        RecentErrors errors = new RecentErrors();
        errors.start();
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        context.getConfiguration().addAppender(errors);
        context.getConfiguration().getRootLogger().addAppender(errors, Level.WARN, null);
        context.updateLoggers();
        return errors;
    }

    /** Listens no more. */
    @Override
    public void close() {
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        context.getConfiguration().getRootLogger().removeAppender(getName());
        context.updateLoggers();
        stop();
    }

    @Override
    public void append(LogEvent event) {
        // what it sums up was counted here when it happened
        if (event.getMarker() != null && event.getMarker().isInstanceOf(Repeats.SUMMARY)) {
            return;
        }
        String at = Instant.ofEpochMilli(event.getInstant().getEpochMillisecond())
                .truncatedTo(ChronoUnit.MILLIS)
                .toString();
        String name = event.getLoggerName();
        add(new Entry(
                at,
                at,
                event.getLevel().name(),
                name.substring(name.lastIndexOf('.') + 1),
                text(event.getMessage().getFormattedMessage(), event.getThrown()),
                1));
    }

    private synchronized void add(Entry entry) {
        Entry last = entries.peekFirst();
        boolean again = last != null
                && last.level.equals(entry.level)
                && last.logger.equals(entry.logger)
                && last.message.equals(entry.message);
        if (again) {
            entries.removeFirst();
            entries.addFirst(new Entry(entry.at, last.first, entry.level, entry.logger, entry.message, last.times + 1));
            return;
        }
        entries.addFirst(entry);
        if (entries.size() > ENTRIES) {
            entries.removeLast();
        }
    }

    // what follows the first line is stack trace; a payload may stand there, or in the message of an error that is long
    private static String text(String message, Throwable thrown) {
        String text = firstLine(message);
        if (thrown != null) {
            text += " (" + firstLine(Throwables.getRootCause(thrown).toString()) + ")";
        }
        return text;
    }

    private static String firstLine(String text) {
        String line = text == null ? "" : text.strip().lines().findFirst().orElse("");
        String masked = Secrets.mask(line.substring(0, Math.min(LOOKED_AT, line.length())));
        return masked.length() <= LONGEST ? masked : masked.substring(0, LONGEST - 1) + "…";
    }

    /** Newest first. */
    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }
}
